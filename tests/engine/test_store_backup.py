"""A backup is the store as it was in one moment, whole, private, never over what is there, and can be gone back to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.spec import defaults
from engine.store import StoreError, back_up, open_for_reading, open_for_writing
from tests.stores import block_of, claimed_writer, query, wait_until

ROOT = Path(__file__).parents[2]

WRITER = """
import itertools, sys
from engine.store import open_for_writing
from tests.stores import block_of, claimed_writer
with open_for_writing(sys.argv[1]) as store:
    writer = claimed_writer(store)
    for i in itertools.count():
        writer.write(block_of([1.0] * 500, first=500 * i))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        claimed_writer(store).write(block_of([1.0, 2.0]))
    return path


def rows_of(path: Path) -> tuple[int, int]:
    return query(path, "SELECT iterations_done, (SELECT count(*) FROM iterations WHERE run_id = 2) FROM runs")[-1]


def test_a_backup_under_a_writer_at_full_speed_is_one_moment_and_can_be_gone_back_to(
    path: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT) as writer:
        try:
            wait_until(lambda: query(path, "SELECT 1 FROM runs WHERE iterations_done > 20000"))
            made = back_up(path, backup)
            done, rows = rows_of(backup)
            wait_until(lambda: rows_of(path)[0] > done + 20_000)
        finally:
            writer.kill()
    assert (made.path, made.size, made.runs) == (backup, backup.stat().st_size, 2)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert done == rows > 20_000
    assert query(backup, "PRAGMA integrity_check") == [("ok",)]
    assert not list(tmp_path.glob(".*"))

    shutil.copy(backup, path)  # over a store whose writer was killed, its journal beside it
    with open_for_writing(path) as store:
        assert "set aside" in store.notice
        assert rows_of(path) == (done, rows)
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_what_is_there_is_kept_unless_it_may_be_replaced(path: Path, tmp_path: Path) -> None:
    backup, runner = tmp_path / "backup.db", CliRunner()
    backup.write_text("mine")

    def asked(*arguments: str) -> tuple[int, str]:
        result = runner.invoke(main, ["--db", str(path), "backup", *arguments])
        return result.exit_code, result.output

    code, said = asked(str(backup))
    assert (code, backup.read_text()) == (1, "mine")
    assert "is there already and was left as it is" in said
    code, said = asked(str(backup), "--force", "--json")
    assert code == 0
    answer = json.loads(said)
    assert (answer["bytes"], answer["runs"]) == (backup.stat().st_size, 1)
    code, said = asked(str(path), "--force")
    assert code == 1
    assert "is the store itself" in said
    with open_for_writing(backup) as store:
        store.queue.add([defaults()])
        code, said = asked(str(backup), "--force")
        assert code == 1
        assert "has a journal beside it" in said
        assert store.reader().counts() == {"running": 1, "queued": 1}


def test_a_backup_for_which_there_is_no_room_leaves_nothing_behind(path: Path, small_disk: Path) -> None:
    with open_for_writing(path) as store:
        claimed_writer(store, pid=2).write(block_of([1.0] * 200_000))
    with pytest.raises(StoreError, match=r"could not be written: the disk is full\. Nothing of it was kept"):
        back_up(path, small_disk / "backup.db")
    assert list(small_disk.iterdir()) == []
    with closing(open_for_reading(path)) as reader:
        assert reader.counts() == {"running": 2}


@pytest.mark.parametrize("harm", ["missing", "text"])
def test_what_is_no_store_has_no_backup(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "runs.db"
    if harm == "text":
        path.write_text("not a store" * 100)
    with pytest.raises(StoreError):
        back_up(path, tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()
