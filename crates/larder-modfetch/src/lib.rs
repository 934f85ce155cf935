//! From a module query to upstream bytes: the GOPROXY list, its fallback rules, credentials.
