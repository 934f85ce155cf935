//! GOMODCACHE exactly as the go command keeps it: names, locks, atomic installs, verification.
//!
//! Other programs read and write the same directory at the same moment, a running go among them; so
//! every name, mode and order of writing is go's. Specification: <https://go.dev/ref/mod#module-cache>.
//!
//! Absent: the network, the checksum database, go.sum, any decision about what is needed.
