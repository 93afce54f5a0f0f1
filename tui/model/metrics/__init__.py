"""The metrics of the drawn runs by name: which there are, in which order, and which of them a chart shows."""
