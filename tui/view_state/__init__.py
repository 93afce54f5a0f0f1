"""What is remembered of a view between sittings."""
