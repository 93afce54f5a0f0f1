"""Unreadable: what is raised where a file of another program's cannot be read."""

from __future__ import annotations


class Unreadable(Exception):
    """A file that cannot be read, or is not what it seemed, as a sentence with the file."""


class Replaced(Unreadable):
    """A file that was replaced or cut since it was read: what is in it now is another run."""
