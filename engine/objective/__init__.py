"""What is minimised: losses, score functions, layouts, and the buffers they share."""
