"""Every process that a test starts runs the code that the test is about, whatever is installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])


@pytest.fixture
def own_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What workers write about themselves is the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
