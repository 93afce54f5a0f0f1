"""The worker process: claims a run, advances it in blocks, writes them, obeys commands."""
