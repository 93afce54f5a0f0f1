"""The only rooms where numerics and store meet."""
