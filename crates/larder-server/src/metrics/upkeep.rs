//! The numbers of upkeep: what went, what was read again, what had rotted, what there is.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{add, add_bytes, gauge};
use crate::upkeep::Inventory;

/// See the module's page.
pub(crate) struct UpkeepMetrics {
    gc_runs: Counter,
    evicted_zips: Counter,
    evicted_bytes: Counter,
    scrubbed: Counter,
    scrubbed_bytes: Counter,
    rot_found: Counter,
    rot_repaired: Counter,
    modules: Gauge,
    versions: Gauge,
    zips: Gauge,
    zip_bytes: Gauge,
}

impl UpkeepMetrics {
    pub(super) fn new(r: &mut Registry) -> Self {
        Self {
            gc_runs: add(r, "gc_runs", "Times that what is too much or too old was looked for"),
            evicted_zips: add(r, "evicted_zips", "Zips that went for want of room or for age"),
            evicted_bytes: add(r, "evicted_bytes", "Bytes of those zips"),
            scrubbed: add(r, "scrubbed", "Stored things that were read again and checked"),
            scrubbed_bytes: add(r, "scrubbed_bytes", "Bytes of those things"),
            rot_found: add(r, "rot_found", "Stored things found to be not what was stored"),
            rot_repaired: add(r, "rot_repaired", "Of those, how many are good again"),
            modules: add(r, "stored_modules", "Modules of which anything is kept"),
            versions: add(r, "stored_versions", "Versions of which anything is kept"),
            zips: add(r, "stored_zips", "Versions of which the zip is kept"),
            zip_bytes: add_bytes(r, "stored_zips", "Bytes of those zips"),
        }
    }

    /// A gc has ended.
    pub(crate) fn gc_ran(&self) {
        self.gc_runs.inc();
    }

    /// A zip was evicted.
    pub(crate) fn evicted(&self, bytes: u64) {
        self.evicted_zips.inc();
        self.evicted_bytes.inc_by(bytes);
    }

    /// A stored thing was read again.
    pub(crate) fn scrubbed(&self, bytes: u64) {
        self.scrubbed.inc();
        self.scrubbed_bytes.inc_by(bytes);
    }

    /// A stored thing is not what it should be.
    pub(crate) fn rot_found(&self) {
        self.rot_found.inc();
    }

    /// It is again.
    pub(crate) fn rot_repaired(&self) {
        self.rot_repaired.inc();
    }

    /// What there is.
    pub(crate) fn set_inventory(&self, inventory: &Inventory) {
        self.modules.set(gauge(inventory.modules));
        self.versions.set(gauge(inventory.versions));
        self.zips.set(gauge(inventory.zips));
        self.zip_bytes.set(gauge(inventory.zip_bytes));
    }
}
