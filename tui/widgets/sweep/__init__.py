"""Parts of the sweep dialog and the sweep view."""
