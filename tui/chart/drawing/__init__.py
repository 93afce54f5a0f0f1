"""Whole charts: panels, grids, legends, frames, heat maps."""
