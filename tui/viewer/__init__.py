"""What the viewer chose to see, and how it is remembered."""
