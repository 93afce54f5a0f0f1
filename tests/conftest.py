"""What every test stands on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.jobs.threads import ONE_THREAD

# Workers compute on one BLAS thread; another number of threads gives other last bits. NumPy reads this on import.
os.environ.update(ONE_THREAD)
# Programs are started compiled, as their users have them; compiled anew each time they take twice as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True, scope="session")
def _no_test_writes_to_the_users_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOSSBOARD_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("LOSSBOARD_LINGER_S", "0")
        yield


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("LOSSBOARD_CACHE", str(folder))
    return folder
