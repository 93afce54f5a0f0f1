"""Charts on paper: what the commands print, drawn by plotext."""
