"""The curve of one run: its new rows, the part that the chart shows, the rows of its parent."""
