"""What the commands that ask the numerics share: an objective from options, and errors told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from engine.spec import DataError, SpecError
from engine.text import clean


@contextmanager
def told() -> Iterator[None]:
    """Turn what is wrong into one sentence: wrong usage exits with 2, data that cannot be used with 1."""
    try:
        yield
    except DataError as error:
        raise click.ClickException(clean(error.message)) from error
    except SpecError as error:
        raise click.UsageError(clean(error.message)) from error
