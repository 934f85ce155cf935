//! `gc` and `fsck` on a store for which no server answers: the store is opened by this process.
//!
//! A server without an admin API may run on it all the same; the store's locks keep both apart.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use larder_server::admin::Line;
use larder_server::admin::wire::{Done, Event};
use larder_server::{Maintenance, UpkeepError};
use larder_store::Store;

use crate::admin::Admin;
use crate::commands::serve;
use crate::exit::{ExitStatus, Failure};
use crate::ownership::Ownership;
use crate::reporter::{Reporter, Task, json_line};
use crate::{logging, signals, wiring};

/// What hears the events of a run, and may end it.
pub(crate) type Hear<'a> = &'a mut dyn FnMut(Event) -> ControlFlow<()>;

/// Opens the store that the settings name, and shows a run's events to the end.
pub(crate) fn perform<S: Into<Done>>(
    admin: &Admin,
    task: Task,
    run: impl FnOnce(&Maintenance, Hear<'_>) -> Result<S, UpkeepError>,
) -> Result<ExitStatus, Failure> {
    let ownership = Ownership::of(&admin.settings.data.value);
    let status = perform_as_it_is(admin, task, run);
    ownership.restore().map_err(|error| {
        let data = admin.settings.data.value.display();
        Failure::failed(format!("could not give what root made in `{data}` to its owner"))
            .because(&error)
            .hint(format!("`chown -R --reference {data}/ {data}/` does it"))
    })?;
    status
}

fn perform_as_it_is<S: Into<Done>>(
    admin: &Admin,
    task: Task,
    run: impl FnOnce(&Maintenance, Hear<'_>) -> Result<S, UpkeepError>,
) -> Result<ExitStatus, Failure> {
    let maintenance = open(admin)?;
    let stopped = stop_flag()?;
    let mut reporter = Reporter::new(admin.printer, admin.audience, task);
    let mut failure = None;
    let ended = run(&maintenance, &mut |event| {
        let told = line(event).and_then(|line| reporter.hear(&line));
        reporter.tick();
        failure = told.err();
        let go_on = failure.is_none() && !stopped.load(Ordering::Relaxed);
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if let Some(failure) = failure {
        reporter.clear();
        return Err(failure);
    }
    if stopped.load(Ordering::Relaxed) {
        return Ok(reporter.stopped());
    }
    match ended {
        Ok(summary) => {
            reporter.hear(&line(Event::Done(summary.into()))?)?;
            Ok(reporter.finish())
        }
        Err(error) => {
            reporter.clear();
            Err(Failure::failed("the store could not be worked on to the end").because(&error))
        }
    }
}

fn open(admin: &Admin) -> Result<Maintenance, Failure> {
    let settings = &admin.settings;
    let data = &settings.data.value;
    // Opening would make a store where there is none, and find nothing wrong with it.
    if !data.join("VERSION").is_file() {
        return Err(Failure::failed(format!("there is no store in `{}`", data.display())).hint(
            format!("`data` is set by {}; name another with `--data DIR`", settings.data.origin),
        ));
    }
    logging::start(settings);
    let config = wiring::server_config(settings)?;
    let store: Arc<dyn Store> = Arc::new(serve::open_store(settings)?);
    Maintenance::open(&config, &store).map_err(|error| {
        Failure::failed(format!("could not work on the store in `{}`", data.display()))
            .because(&error)
    })
}

/// Set once the user asks to stop; asked again, the process ends at once.
fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    signals::on_interrupt(move || flag.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::failed("could not wait for signals").because(&error))?;
    Ok(stopped)
}

fn line(event: Event) -> Result<Line, Failure> {
    let text = json_line(&event)?.trim_end().to_owned();
    Ok(Line { text, event })
}
