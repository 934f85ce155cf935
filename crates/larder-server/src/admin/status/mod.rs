//! The state of a running server in one object, for a maintainer.

pub(super) mod wire;
