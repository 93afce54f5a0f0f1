"""Where files lie, and locks on them."""
