//! The words of Go modules: paths, versions, their order and escaping.
