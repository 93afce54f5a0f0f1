"""How it is minimised: searches and descents that advance a state by a block."""
