//! Scripted upstreams, checksum databases, modules and a run context for tests; never shipped.
