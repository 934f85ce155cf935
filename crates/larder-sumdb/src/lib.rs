//! The checksum database: signed notes, transparency-log proofs, tiles and lookups; no sockets.
