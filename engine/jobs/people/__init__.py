"""Requests of people: submit, steer, sweep, probe, doctor; each returns a sentence."""
