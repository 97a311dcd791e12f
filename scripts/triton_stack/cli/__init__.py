"""The command line: wiring, tables and exit codes."""
