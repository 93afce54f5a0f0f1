"""Strategies, which minimise an objective: searches and gradient descent advance a state by a block."""
