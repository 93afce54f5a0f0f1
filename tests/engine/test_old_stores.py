"""A real store of every schema there was enters by the same door, with all that it held."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.people import steer
from engine.jobs.worker.worker_loop import work
from engine.store import StoreError, open_for_reading, open_for_writing
from engine.store.file.connection import SCHEMA_VERSION
from engine.store.schema.inspection import inspect
from engine.trace.smoothing import HALF_LIFE, smoothed
from tests.presence import present
from tests.stores import query

ASSETS = sorted((Path(__file__).parents[1] / "assets").glob("store_v*.db"))


@pytest.fixture(params=ASSETS, ids=lambda asset: asset.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(request.param, tmp_path / "runs.db"))


def old_version(path: Path) -> int:
    [(version,)] = query(path, "PRAGMA user_version")
    return int(version)


def logged(path: Path) -> int:
    """How many runs of other programs than the engine it has."""
    return len(query(path, "SELECT 1 FROM runs WHERE kind <> 'engine'"))


def schema(path: Path) -> dict[str, str]:
    """Tables, indexes and views as SQL without its spacing; what SQLite adds itself aside."""
    rows = query(path, "SELECT name, sql FROM sqlite_schema WHERE name NOT GLOB '*sqlite*' AND sql IS NOT NULL")
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows}


def test_there_is_one_of_every_version_before_this_one() -> None:
    assert [asset.stem for asset in ASSETS] == [f"store_v{version}" for version in range(1, SCHEMA_VERSION)]


def test_it_is_only_read_once_it_was_brought_up_to_date(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(StoreError, match=r"older version.*bring it up to date"):
        open_for_reading(old)
    assert old.read_bytes() == before


def test_it_becomes_what_a_new_store_is_and_keeps_what_it_held(old: Path, tmp_path: Path) -> None:
    tables = ("runs", "iterations", "evaluations", "buckets", "checkpoints", "commands", "sweeps", "workers")
    columns = {table: [row[1] for row in query(old, f"PRAGMA table_info({table})")] for table in tables}
    # a best that was the lowest of single batches is another number now
    columns["runs"] = [name for name in columns["runs"] if name not in ("best_loss", "best_iteration")]
    held = {table: query(old, f"SELECT {', '.join(columns[table])} FROM {table}") for table in tables}
    assert all(held.values())
    with open_for_writing(old):
        pass
    open_for_writing(tmp_path / "new.db").close()
    assert schema(old) == schema(tmp_path / "new.db")
    assert query(old, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    for table in tables:
        assert query(old, f"SELECT {', '.join(columns[table])} FROM {table}") == held[table], table
    found = inspect(old)
    assert (found.damage, found.inconsistent) == ("", ())


def test_a_run_that_diverged_with_a_finite_loss_tells_where(old: Path) -> None:
    if old_version(old) >= 4:
        return  # which tells it
    query(old, "UPDATE runs SET reason = 'diverged' WHERE run_id IN (1, 3)")
    query(old, "UPDATE runs SET reason = 'diverged', diverged_at = 7 WHERE run_id = 2")
    with open_for_writing(old):
        pass
    assert query(old, "SELECT diverged_at FROM runs ORDER BY run_id") == [(39,), (7,), (None,), (None,), (None,)]


def test_the_best_of_a_search_that_was_forked_counts_what_it_went_on_from(old: Path) -> None:
    if old_version(old) not in (2, 3):
        return  # which had no forks, or tells it
    [(own,)] = query(old, "SELECT min(loss) FROM evaluations WHERE run_id = 3 AND split = 'train'")
    query(old, "UPDATE runs SET best_before = 0.01, parent_id = 5, parent_iteration = 0 WHERE run_id IN (2, 3)")
    query(old, "UPDATE runs SET spec = 'none' WHERE run_id = 4")
    with open_for_writing(old):
        pass
    best = query(old, "SELECT best_loss, best_iteration IS NULL FROM runs WHERE run_id IN (2, 3) ORDER BY run_id")
    assert best == [(0.01, 1), (own, own is None)]
    assert inspect(old).inconsistent == ()


def test_runs_tell_their_newest_evaluations_and_the_lowest_as_their_best(old: Path) -> None:
    if old_version(old) >= 5:
        return  # which tells them
    [(kept, kept_at)] = query(old, "SELECT best_loss, best_iteration FROM runs WHERE run_id = 1")
    evaluations = [
        (10, "train", 0.4, 0.8),
        (20, "train", 0.3, 0.9),
        (20, "validation", 0.5, 0.7),
        (25, "train", 0.35, 0.95),
    ]
    for row in evaluations:
        query(old, "INSERT INTO evaluations VALUES (3, ?, ?, ?, ?)", *row)
    losses = [loss for (loss,) in query(old, "SELECT loss FROM iterations WHERE run_id = 3 ORDER BY iteration")]
    with open_for_writing(old) as store:
        search, descent = present(store.reader().run(1)), present(store.reader().run(3))
    assert (search.best_loss, search.best_iteration, search.current_loss) == (kept, kept_at + 1, kept)
    assert [search.evaluated_at, search.train_loss] == [40, pytest.approx(kept)]
    assert (descent.best_loss, descent.best_iteration) == (0.3, 20)
    assert (descent.train_loss, descent.train_accuracy, descent.evaluated_at) == (0.35, 0.95, 25)
    assert (descent.validation_loss, descent.validation_accuracy, descent.test_loss) == (0.5, 0.7, None)
    assert descent.current_loss == pytest.approx(smoothed(np.array(losses), np.ones(len(losses)), 1 / HALF_LIFE)[-1])
    assert inspect(old).inconsistent == ()


def test_a_step_size_that_was_set_is_told(old: Path) -> None:
    with open_for_writing(old):
        pass
    found = query(old, "SELECT step_size_now FROM runs WHERE kind = 'engine' ORDER BY run_id")
    assert found == [(None,), (None,), (0.05,), (None,), (None,)]


def test_a_logged_run_whose_program_was_killed_is_told_apart(old: Path) -> None:
    if old_version(old) < 6:
        return  # which has none
    query(old, "UPDATE runs SET state = 'failed', reason = 'lost: its program ended without a word' WHERE run_id = 6")
    with open_for_writing(old) as store:
        assert [run.run_id for run in store.reader().runs() if run.times_lost] == [6]


def test_its_runs_go_on_and_can_be_forked(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steer, "start_workers", lambda path: 0)
    with open_for_writing(old) as store:
        # The process that worked on run 4 is gone, as it is on every machine but the one that made this file.
        [owned] = store.queue.owned()
        store.queue.requeue(owned, "its worker was lost")
    assert "Resuming run 3" in steer.resume(old, 3)
    others = logged(old)
    assert steer.fork(old, 3, 10).run_id == 6 + others
    assert steer.fork(old, 1, 40, {"iterations": "60"}).run_id == 7 + others
    work(old, leave=lambda: False)
    reader = open_for_reading(old)
    assert reader.counts() == {"finished": 7 + others}, [run.reason for run in reader.runs()]
    assert [run.iterations_done for run in reader.runs() if run.kind == "engine"] == [60, *[40] * 6]
    assert [event.verb for event in reader.events(3)] == ["fork", "set-step-size", "pause", "resume"]
    reader.close()
    assert inspect(old).inconsistent == ()
