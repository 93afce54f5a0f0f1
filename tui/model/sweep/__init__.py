"""A sweep before it runs: its range and its draft, and the messages about sweeps and probes."""
