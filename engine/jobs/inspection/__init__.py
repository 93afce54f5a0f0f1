"""Inspections: analyses of stored runs, asked by the inspector and the command line."""
