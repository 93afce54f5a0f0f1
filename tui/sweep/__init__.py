"""A sweep that is put together, ordered and drawn."""
