"""Styles of cells, and what becomes of them in each theme."""
