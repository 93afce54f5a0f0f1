"""Widgets: parts of screens. Each draws its data at the size that it gets."""
