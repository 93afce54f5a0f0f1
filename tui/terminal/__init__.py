"""From cells to what the terminal is sent."""
