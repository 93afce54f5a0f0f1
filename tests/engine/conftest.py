"""Stores and processes that tests of the engine begin with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import Store, open_for_writing
from tests.presence import present


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """A new store at `path`, open for writing."""
    with open_for_writing(path) as store:
        yield store


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until the test ends or kills it."""
    started = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield started
    started.kill()
    started.wait()
    present(started.stdin).close()
