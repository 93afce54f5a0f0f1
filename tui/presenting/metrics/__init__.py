"""The metrics of the drawn runs in words: the rows of their list."""
