"""Cell widths, number formats, ASCII, and which row of a list a typed text means."""
