"""Saved views: how each store was last shown."""
