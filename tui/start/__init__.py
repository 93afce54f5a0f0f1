"""The way in and out: command line, session, signals."""
