//! Stories of edits.
