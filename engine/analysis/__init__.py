"""Analyses of an objective: gradient checks, step-size probes, landscapes, templates."""
