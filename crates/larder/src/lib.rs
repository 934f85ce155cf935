//! The door: arguments, settings with origins, commands, output and exit codes.
