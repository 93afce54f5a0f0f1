"""What the inspector looks at, and what it asks to be computed about it."""
