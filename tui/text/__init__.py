"""Cell widths, number formats, ASCII."""
