"""Workers and what they are told: the only place where numerics and store meet."""
