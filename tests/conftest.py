"""What every test stands on."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

from engine.jobs.processes.threads import ONE_THREAD

ROOT = Path(__file__).parents[1]

# Workers compute on one BLAS thread; another number of threads gives other last bits. NumPy reads this on import.
os.environ.update(ONE_THREAD)
# Programs are started compiled, as their users have them; compiled anew each time they take twice as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# So are the tests: each process of the suite would rewrite the assertions of all files anew.
sys.dont_write_bytecode = False
# A busy machine makes an example slow; no property is about time. Each time the examples are others: what few of them
# have missed is found by the next, or at once by `pytest --hypothesis-profile=thorough`.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: those that wait for programs they have started leave a core free."""
    from engine.jobs.processes.launch import cores

    return cores() + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Each process of the suite begins with other files, and finds those of the others ready when it gets to them.

    On a clean checkout all would rewrite the assertions of all files at the same time, for 7 s of processor time each.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files = sorted(file for place in session.config.args for file in Path(place).absolute().rglob("test_*.py"))
    for file in files[number::count] if count > 1 else ():
        with suppress(Exception, pytest.skip.Exception):  # the collection says what is wrong with it
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real processes come first: they wait more than they compute, and the longest would end alone."""
    items.sort(key=lambda item: "system" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end. To look through it again and again took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(autouse=True, scope="session")
def _no_test_writes_to_the_users_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOSSBOARD_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("LOSSBOARD_LINGER_S", "0")
        yield


@pytest.fixture(autouse=True, scope="session")
def _new_stores_are_copies_of_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new store is made as always, but its tables are copied: the steps of the schema took a tenth of the time.

    Processes that a test starts carry them out, and so does the first store of each process of the suite.
    """
    from engine.store.schema import creation  # not before the number of threads is set

    place = tmp_path_factory.mktemp("blank") / "runs.db"
    creation.make_store(place)
    blank = sqlite3.connect(place, check_same_thread=False)

    def copied(raw: sqlite3.Connection) -> None:
        blank.backup(raw)
        raw.execute("UPDATE _sqlite_migrations SET applied_at = ?", [str(datetime.now(UTC))])  # it tells stores apart

    with closing(blank), pytest.MonkeyPatch.context() as patch:
        patch.setattr(creation, "bring_up_to_date", copied)
        yield


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("LOSSBOARD_CACHE", str(folder))
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 2 MB; skipped where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {getattr(error, 'stderr', error)}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's store is, once it is made."""
    return tmp_path / "runs.db"
