"""What looks closer at an objective: gradient checks, probes, landscapes, templates."""
