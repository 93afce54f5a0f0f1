"""The help of each view: its keys in groups, and every sign, column and word on it, as data."""
