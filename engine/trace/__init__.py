"""The records that pass from a strategy to the store: blocks, states, curves; decimation and smoothing."""
