"""The inspector: tabs that show what a run's weights do, and the ways of several runs."""
