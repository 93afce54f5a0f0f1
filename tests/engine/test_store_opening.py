"""Opening a store: made whole, refused with a sentence, and never any other file touched."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.spec import defaults
from engine.store import StoreBusy, StoreError, StoreGone, open_for_reading, open_for_writing
from engine.store.file import filesystem
from engine.store.file.connection import SCHEMA_VERSION
from engine.store.schema.migrations import steps
from tests.presence import present
from tests.stores import block_of, claimed_writer, query


def with_store(path: Path, runs: int = 1) -> Path:
    with open_for_writing(path) as store:
        store.queue.add([defaults()] * runs)
    return path


def test_a_new_store_is_private_marked_and_complete(path: Path) -> None:
    with open_for_writing(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert sorted(p.name for p in path.parent.iterdir()) == ["runs.db", "runs.db-shm", "runs.db-wal"]
        assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in path.parent.iterdir())
    assert [p.name for p in path.parent.iterdir()] == ["runs.db"]
    assert query(path, "PRAGMA application_id") == [(0x4C6F7373,)]
    assert query(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert query(path, "PRAGMA journal_mode") == [("wal",)]
    assert query(path, "PRAGMA auto_vacuum") == [(2,)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_the_schema_version_counts_the_migrations(path: Path) -> None:
    assert len(steps._migrations) == SCHEMA_VERSION


def test_views_answer(path: Path) -> None:
    with_store(path)
    for view in ("run_summary", "final_evaluations", "sweep_results"):
        query(path, f"SELECT * FROM {view}")
    assert query(path, "SELECT strategy, batch_size FROM run_summary") == [("gradient-descent", 256)]


def test_opening_again_finds_what_was_there(path: Path) -> None:
    with_store(path)
    with open_for_writing(path) as store:
        assert store.reader().counts() == {"queued": 1}
    reader = open_for_reading(path)
    assert reader.counts() == {"queued": 1}
    reader.close()
    reader.close()


@pytest.mark.parametrize("name", ["runs of today.db", "100%?.db#1", "läufe;ü.db", "-rf.db"])
def test_names_that_need_quoting(tmp_path: Path, name: str) -> None:
    path = with_store(tmp_path / name)
    reader = open_for_reading(path)
    assert reader.counts() == {"queued": 1}
    reader.close()
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(("-wal", "-shm"))] == [name]


def test_a_link_is_followed_and_a_dangling_one_makes_the_store_where_it_leads(tmp_path: Path) -> None:
    there = tmp_path / "elsewhere"
    there.mkdir()
    (tmp_path / "runs.db").symlink_to(there / "real.db")
    with_store(tmp_path / "runs.db")
    assert (tmp_path / "runs.db").is_symlink()
    assert (there / "real.db").is_file()


def another_programs_database(path: Path) -> None:
    query(path, "CREATE TABLE bookmarks (url TEXT)")


def marked_database(path: Path) -> None:
    query(path, "PRAGMA application_id = 252006674")


def text_file(path: Path) -> None:
    path.write_text("iteration,loss\n" * 100)


def emptied_file(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def garbled_header(path: Path) -> None:
    with_store(path)
    data = bytearray(path.read_bytes())
    data[:16] = b"not a header any"
    path.write_bytes(data)


def truncated(path: Path) -> None:
    with_store(path)
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


def newer_schema(path: Path) -> None:
    with_store(path)
    query(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def cut_in_the_header(path: Path) -> None:
    with_store(path)
    os.truncate(path, 60)


def tables_removed(path: Path) -> None:
    with_store(path)
    query(path, "DROP TABLE buckets")
    query(path, "DROP TABLE evaluations")


@pytest.mark.parametrize(
    ("make", "says", "advises"),
    [
        (another_programs_database, "another program", "--db"),
        (marked_database, "another program", "--db"),
        (text_file, "not a database", "--db"),
        (emptied_file, "empty", "put it back"),
        (folder, "is a folder", "--db"),
        (pipe, "not a regular file", "--db"),
        (garbled_header, "not a database", "--db"),
        (truncated, "damaged", ".recover"),
        (cut_in_the_header, "not a database", "--db"),
        (newer_schema, "newer version", "up to date"),
        (tables_removed, "removed evaluations, buckets", "backup"),
    ],
)
@pytest.mark.parametrize("door", [open_for_writing, open_for_reading])
def test_what_is_no_store_of_ours_is_refused_and_left_as_it_is(
    path: Path, make: Callable[[Path], object], says: str, advises: str, door: Callable[[Path], object]
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=says) as refusal:
        door(path)
    assert advises in str(refusal.value)
    assert str(path) in str(refusal.value)
    if before is not None:
        assert path.read_bytes() == before


def test_a_reader_makes_nothing(path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        open_for_reading(path)
    with pytest.raises(StoreError, match="no store at"):
        open_for_writing(path, create=False)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("door", [open_for_writing, open_for_reading])
def test_a_folder_that_does_not_exist(tmp_path: Path, door: Callable[[Path], object]) -> None:
    with pytest.raises(StoreError, match=r"does not exist|no store at"):
        door(tmp_path / "nowhere" / "runs.db")
    assert list(tmp_path.iterdir()) == []


def as_nobody(code: str, *arguments: Path) -> str:
    """Run a test body as a user without rights, since root may write everything; returns what it prints."""
    child, parent = os.pipe()
    pid = os.fork()
    if pid == 0:
        text = ""
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            scope = {"arguments": arguments, "open_for_writing": open_for_writing, "open_for_reading": open_for_reading}
            exec(code, scope)
            text = str(scope["answer"])
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(parent, text.encode())
        os._exit(0)
    os.close(parent)
    with os.fdopen(child) as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return answer


@pytest.fixture
def reachable(tmp_path: Path) -> Iterator[Path]:
    """A folder that a user without rights can enter, which pytest's own is not."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
        place.chmod(0o755)


WRITE = "answer = open_for_writing(arguments[0])"
READ = "reader = open_for_reading(arguments[0]); answer = reader.counts(), reader.data_version() > 0"


def test_a_store_that_may_only_be_read(reachable: Path) -> None:
    path = with_store(reachable / "runs.db")
    path.chmod(0o444)
    reachable.chmod(0o555)
    assert "cannot be written by you" in as_nobody(WRITE, path)
    assert as_nobody(READ, path) == "({'queued': 1}, True)"
    assert [p.name for p in reachable.iterdir()] == ["runs.db"]


def test_a_store_that_may_not_even_be_read(reachable: Path) -> None:
    path = with_store(reachable / "runs.db")
    path.chmod(0o600)
    if os.geteuid() == 0:
        assert "cannot be read by you" in as_nobody(READ, path)
        assert "cannot be read by you" in as_nobody(WRITE, path)


def test_a_folder_that_may_not_be_written(reachable: Path) -> None:
    reachable.chmod(0o555)
    assert "No store can be made in" in as_nobody(WRITE, reachable / "runs.db")


def test_a_read_only_file_is_read_while_its_writer_goes_on(path: Path) -> None:
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        path.chmod(0o444)
        reader = open_for_reading(path)
        writer.write(block_of([1.0]))
        assert present(reader.run(1)).iterations_done == 1
        reader.close()


OPEN_AT_ONCE = """
import sys
from engine.spec import defaults
from engine.store import open_for_writing
print("ready", flush=True)
sys.stdin.readline()
with open_for_writing(sys.argv[1]) as store:
    print(store.queue.add([defaults()])[0])
"""


def test_processes_that_make_a_store_at_the_same_time_share_it(path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_ONCE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for child in children:
        assert present(child.stdout).readline() == "ready\n"
    for child in children:
        present(child.stdin).write("go\n")
        present(child.stdin).flush()
    ids = sorted(int(child.communicate(timeout=20)[0]) for child in children)
    assert ids == [1, 2, 3, 4]
    assert [p.name for p in path.parent.iterdir() if ".new" in p.name] == []


def test_a_journal_that_outlived_its_store_is_not_played_into_a_new_one(path: Path) -> None:
    with open_for_writing(path) as store:
        store.queue.add([defaults()] * 5)
        journal = Path(f"{path}-wal").read_bytes()
    path.unlink()
    Path(f"{path}-wal").write_bytes(journal)
    with open_for_writing(path) as store:
        assert store.reader().counts() == {}
    assert Path(f"{path}-wal.orphan").read_bytes() == journal


@pytest.mark.parametrize("happens", ["deleted", "replaced"])
def test_a_file_that_is_gone_is_noticed_by_writer_and_reader(path: Path, happens: str) -> None:
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        reader = open_for_reading(path)
        for suffix in ("", "-wal", "-shm"):
            os.rename(f"{path}{suffix}", f"{path}{suffix}.gone")
        if happens == "replaced":
            with_store(path)
        with pytest.raises(StoreGone, match="deleted or replaced"):
            writer.write(block_of([1.0]))
        with pytest.raises(StoreGone, match="deleted or replaced"):
            reader.data_version()
        reader.close()


def test_a_store_that_somebody_locks_for_too_long_is_busy_and_nothing_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.file.connection.BUSY_TIMEOUT_S", 0.05)
    with open_for_writing(path) as store:
        writer = claimed_writer(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked by another process"):
            writer.write(block_of([1.0]))
        other.execute("ROLLBACK")
        other.close()
        writer.write(block_of([1.0]))
        assert present(store.reader().run(1)).iterations_done == 1


def test_a_garbled_page_is_told_when_it_is_met(path: Path) -> None:
    with open_for_writing(path) as store:
        claimed_writer(store).write(block_of(np.arange(5000.0)))
    data = bytearray(path.read_bytes())
    for start in range(40 * 4096, len(data), 4096):
        data[start : start + 64] = os.urandom(64)
    path.write_bytes(data)
    reader = open_for_reading(path)
    with pytest.raises(StoreError, match=r"damaged.*recover"):
        reader.iterations(1)
    reader.close()


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /mnt/shared\\040files rw,relatime shared:9 - nfs4 server:/export rw
41 40 0:36 / /mnt/shared\\040files/local rw - xfs /dev/sdb1 rw
42 22 0:37 / /home rw - ext4 /dev/sdc rw
43 22 0:38 / /home rw - fuse.sshfs me@there: rw
"""


@pytest.mark.parametrize(
    ("place", "kind", "journal"),
    [
        ("/var/runs.db", "ext4", "WAL"),
        ("/mnt/shared files/runs.db", "nfs4", "DELETE"),
        ("/mnt/shared filesystem/runs.db", "ext4", "WAL"),
        ("/mnt/shared files/local/runs.db", "xfs", "WAL"),
        ("/home/runs.db", "fuse.sshfs", "DELETE"),
    ],
)
def test_the_journal_fits_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: str, journal: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert filesystem.kind_of(Path(place), mounts) == kind
    monkeypatch.setattr(filesystem, "kind_of", lambda _path: kind)
    assert filesystem.journal_mode(Path(place)) == journal


def test_on_a_network_file_system_there_is_no_shared_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_store(path)
    for module in ("opening", "creation"):
        monkeypatch.setattr(f"engine.store.schema.{module}.journal_mode", lambda _path: "DELETE")
    with open_for_writing(path) as store:
        claimed_writer(store).write(block_of([1.0]))
        reader = open_for_reading(path)
        assert reader.run(1) is not None
        assert [p.name for p in path.parent.iterdir()] == ["runs.db"]
        reader.close()
