"""From cells to the text for the terminal; every private part of Textual."""
