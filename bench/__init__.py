"""The figures that the README quotes: `python -m bench`."""
