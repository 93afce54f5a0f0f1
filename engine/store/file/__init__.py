"""One SQLite file: connections, lock waits, file systems, functions for SQL."""
