"""What is typed: options in groups, hints after a mistake, values that the shell can complete."""
