"""The list of runs: sorted, filtered, in pages."""
