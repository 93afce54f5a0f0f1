"""From snapshots to views of charts and to sentences."""
