"""Frozen values that all of the screen shares: choices, clock, snapshot, messages, the key table."""
