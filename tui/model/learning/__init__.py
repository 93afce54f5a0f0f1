"""What the tour of `lossboard learn` sees of the dashboard, and how far somebody has come in it."""
