"""From cells to what the terminal is sent; all private parts of Textual."""
