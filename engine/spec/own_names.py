"""Names of your own in a spec: FILE.py:NAME, or a name that an installed package offers as an entry point."""

from __future__ import annotations

import os.path
from functools import cache

from engine.spec.parsing import Domain, near_match, quoted

GROUPS = {"objective": "lossboard.objectives", "update": "lossboard.updates", "strategy": "lossboard.strategies"}
"""The entry points in which a name is looked up that is not built in, by the field that it is given for."""

OWN = "own"
"""What stands for every name of your own where a table says which choices a field goes with."""


def is_own_file(name: str) -> bool:
    """Return whether a name is FILE.py:NAME."""
    return ".py:" in name


def own_parts(name: str) -> tuple[str, str]:
    """Split FILE.py:NAME into the path and the name."""
    path, _, attribute = name.rpartition(":")
    return path, attribute


def short_name(name: str) -> str:
    """Return a name without the folder of its file, for tables."""
    return os.path.basename(name) if is_own_file(name) else name


@cache
def offered(group: str) -> frozenset[str]:
    """Return the names that installed packages offer in a group of entry points."""
    from importlib.metadata import entry_points  # takes as long to import as all fields

    return frozenset(entry.name for entry in entry_points(group=group))


def open_choice(choices: tuple[str, ...], group: str) -> Domain:
    """The domain of these choices, of FILE.py:NAME, kept with an absolute path, and of a group of entry points."""

    def read(text: str) -> str:
        text = text.strip()
        return text.lower() if text.lower() in choices else text

    def known(value: str, given: str) -> str:
        if value in choices:
            return value
        if is_own_file(value):
            return _absolute(value)
        if value and value in offered(group):
            return value
        raise ValueError(
            f"{quoted(given)} is not known{near_match(value, choices)} (choose from {', '.join(choices)}, or give "
            f"FILE.py:NAME)"
        )

    return Domain(read, known)


def _absolute(value: str) -> str:
    path, name = own_parts(value)
    if not value.isprintable():
        raise ValueError(f"the path {quoted(path)} holds characters that cannot be shown; rename the file")
    if not (path.endswith(".py") and name.isidentifier()):
        raise ValueError(f"{quoted(value)} names nothing in a file; write it like my_file.py:my_function")
    return f"{os.path.abspath(os.path.expanduser(path))}:{name}"
