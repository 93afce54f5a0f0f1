"""Readers: curves, iterations, evaluations, previews; bounded and read-only."""
