"""What travels from a strategy to the store: blocks, states, decimation, smoothing."""
