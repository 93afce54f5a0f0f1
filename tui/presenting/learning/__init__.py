"""The tour of `lossboard learn`: its scenes as data, and how far somebody has come, from what the screen shows."""
