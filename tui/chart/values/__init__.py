"""From curves to series, axes and columns; numbers only."""
