"""Forms: their fields and texts, and what a new run, a fork and a repeated sweep make of them."""
