"""The process that works: claims a run, advances it in blocks, writes them, obeys commands."""
