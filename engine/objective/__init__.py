"""Objectives, which runs minimise: losses, score functions, layouts, and the buffers they share."""
