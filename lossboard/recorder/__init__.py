"""The recorder: the process that owns a logged run in the store, and writes what its program tells."""
