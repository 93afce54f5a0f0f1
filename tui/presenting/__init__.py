"""From what was read to curves for charts and words for people."""
