"""Imports: readers of what other programs have logged, one file for each format; they know no store."""
