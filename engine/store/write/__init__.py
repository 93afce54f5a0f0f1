"""Writers: blocks, pyramid, summaries, the queue, commands, sweeps, names."""
