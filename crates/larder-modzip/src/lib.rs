//! Module zip files: the rules, reading untrusted bytes, and the h1: directory hash.
