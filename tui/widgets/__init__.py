"""Widgets: parts of screens. Each draws what it is given in the size that it gets."""
