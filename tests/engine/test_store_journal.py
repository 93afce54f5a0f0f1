"""A store that was put in another's place is told by its mark, and the journal set aside; a sound one never is."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import defaults
from engine.store import Store, StoreError, open_for_reading, open_for_writing
from engine.store.schema import opening
from engine.store.schema.journal import is_strange
from tests.stores import block_of, claimed_writer, query

ROOT = Path(__file__).parents[2]

KILLED = """
import os, signal, sys
from tests.engine.test_store_journal import write_blocks
from engine.store import open_for_writing
with open_for_writing(sys.argv[1]) as store:
    write_blocks(store, int(sys.argv[2]))
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""A process that claims a run, writes so many blocks, and is killed."""


def write_blocks(store: Store, blocks: int) -> None:
    writer = claimed_writer(store)
    for i in range(blocks):
        writer.write(block_of([1.0] * 1000, first=1000 * i))


def session(path: Path, blocks: int, end: str) -> None:
    """Write so many blocks of a run; the session ends by leaving, or by a kill, which takes a process of its own."""
    if end == "left":
        with open_for_writing(path) as store:
            write_blocks(store, blocks)
    else:
        done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(blocks)], cwd=ROOT, check=False)
        assert done.returncode == -signal.SIGKILL


def integrity(path: Path) -> str:
    return str(query(path, "PRAGMA integrity_check")[0][0])


@pytest.mark.parametrize("blocks", [3, 400], ids=["a short journal", "a journal that began anew"])
def test_a_backup_that_is_copied_over_a_store_that_was_killed(path: Path, tmp_path: Path, blocks: int) -> None:
    session(path, 3, "left")
    shutil.copy(path, tmp_path / "backup.db")
    kept = path.read_bytes()
    session(path, blocks, "killed")
    with closing(open_for_reading(path)) as reader:
        assert reader.counts() == {"running": 2}
    shutil.copy(tmp_path / "backup.db", path)
    journal = Path(f"{path}-wal").read_bytes()

    with pytest.raises(StoreError, match=r"in the place of another store.*Nothing was read, nothing was changed"):
        open_for_reading(path)
    assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == (kept, journal)

    with open_for_writing(path) as store:
        assert "set aside as runs.db-wal.orphan." in store.notice
        assert store.reader().counts() == {"running": 1}
        store.queue.add([defaults()])
    assert integrity(path) == "ok"
    assert Path(f"{path}-wal.orphan").read_bytes() == journal


def test_another_store_that_is_moved_to_the_place_of_one_with_a_journal(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    session(other, 40, "left")
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        for i in range(20):
            writer.write(block_of([1.0] * 1000, first=1000 * i))
        os.rename(other, path)
        with pytest.raises(StoreError, match="deleted or replaced"):
            writer.write()
    session(path, 3, "left")  # which opens it while the journal lies there
    assert integrity(path) == "ok"
    with closing(open_for_reading(path)) as reader:
        assert [run.iterations_done for run in reader.runs()] == [3000, 40_000]


def test_each_journal_that_is_set_aside_is_kept(path: Path, tmp_path: Path) -> None:
    for _ in range(2):
        session(path, 3, "left")
        shutil.copy(path, tmp_path / "backup.db")
        session(path, 3, "killed")
        shutil.copy(tmp_path / "backup.db", path)
        open_for_writing(path).close()
    assert sorted(p.name for p in tmp_path.glob("*orphan*")) == ["runs.db-wal.orphan", "runs.db-wal.orphan-2"]


def test_a_store_that_is_in_use_is_left_as_it_is(path: Path, tmp_path: Path) -> None:
    session(path, 3, "left")
    shutil.copy(path, tmp_path / "backup.db")
    with open_for_writing(path) as store:
        store.queue.add([defaults()])
        shutil.copyfile(tmp_path / "backup.db", path)
        with pytest.raises(StoreError, match=r"another process has it open\. Nothing was written"):
            open_for_writing(path)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["backup.db", "runs.db", "runs.db-shm", "runs.db-wal"]


SETTINGS = "SELECT name, value FROM settings ORDER BY name"


class Crash:
    """Several connections to one store, and what a crash would leave of it at any moment."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "runs.db"
        self.left = folder / "left"
        self.left.mkdir()
        self.open: list[Store | None] = [None, None, None]
        self.reader: sqlite3.Connection | None = None
        self.copies: list[Path] = []
        self.images = 0
        open_for_writing(self.path).close()

    def toggle(self, i: int) -> None:
        store = self.open[i]
        if store is None:
            self.open[i] = open_for_writing(self.path)
        else:
            store.close()
            self.open[i] = None

    def write(self, i: int) -> None:
        if (store := self.open[i]) is not None:
            store.settings.set(f"of {i}", os.urandom(3000).hex())

    def read(self) -> None:
        """Begin or end a read transaction, which keeps the journal from beginning anew."""
        if self.reader is None:
            self.reader = sqlite3.connect(self.path, isolation_level=None)
            self.reader.execute("BEGIN")
            self.reader.execute("SELECT count(*) FROM settings").fetchone()
        else:
            self.reader.close()
            self.reader = None

    def copy(self) -> None:
        """A copy of a store that nobody has open."""
        if not any(self.open) and self.reader is None:
            self.copies.append(self.left / f"copy{len(self.copies)}")
            shutil.copyfile(self.path, self.copies[-1])

    def now(self, file: Path) -> Path:
        """A file with the journal of now beside it."""
        self.images += 1
        place = self.left / f"{self.images}.db"
        shutil.copyfile(file, place)
        shutil.copyfile(f"{self.path}-wal", f"{place}-wal")
        return place

    def check(self) -> None:
        """A file's own journal is no strange one. That of an older copy is, or has all that came after that copy."""
        journal = Path(f"{self.path}-wal")
        if journal.exists() and journal.stat().st_size:
            assert not is_strange(self.now(self.path))
            for copy in self.copies:
                place = self.now(copy)
                if not is_strange(place):
                    assert integrity(place) == "ok"
                    assert query(place, SETTINGS) == query(self.path, SETTINGS)

    def close(self) -> None:
        for store in self.open:
            if store is not None:
                store.close()
        if self.reader is not None:
            self.reader.close()


STEPS = st.one_of(
    st.tuples(st.just("toggle"), st.integers(0, 2)),
    st.tuples(st.just("write"), st.integers(0, 2)),
    st.tuples(st.just("write"), st.integers(0, 2)),
    st.tuples(st.just("read")),
    st.tuples(st.just("copy")),
)


@given(st.lists(STEPS, min_size=5, max_size=25))
def test_whatever_was_done_its_own_journal_belongs_to_a_store_and_to_no_older_copy(
    steps: list[tuple[Any, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "JOURNAL_PAGES", 6)  # so that the journal begins anew every few commits
        crash = Crash(Path(folder))
        try:
            crash.copy()
            for name, *arguments in steps:
                getattr(crash, name)(*arguments)
                crash.check()
        finally:
            crash.close()
