"""The optimization engine: objectives, strategies, runs and the store. It does not import the screen."""
