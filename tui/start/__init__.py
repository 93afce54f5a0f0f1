"""Start-up and exit: command line, session, signals."""
