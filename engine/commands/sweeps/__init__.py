"""The commands about sweeps: start one, wait for it, list, steer and derive others."""
