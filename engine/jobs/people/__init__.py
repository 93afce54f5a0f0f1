"""What people ask for: submit, steer, sweep, probe, doctor; each answers with a sentence."""
