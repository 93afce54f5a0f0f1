"""Parts of a run's details: lines in columns, and what the program of a logged run told."""
