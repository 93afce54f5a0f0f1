"""From runs to charts and words."""
