//! Objects by key, with compare-and-swap: a directory, or memory; knows nothing of Go.
