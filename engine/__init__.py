"""The optimization engine: objectives, strategies, runs and the store. It knows no screen."""
