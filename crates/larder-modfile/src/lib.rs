//! go.mod as far as the server reads it: which module a file declares.
