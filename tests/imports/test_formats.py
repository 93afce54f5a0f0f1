"""Every format as the library behind it writes it: names, values, times, settings, states, and once however often."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.imports.detection import FORMATS, find
from tests.imports.events import event, record
from tests.imports.files import ASSETS, imported, stored, whole
from tests.stores import query

FALLING = {step: 1 / (step + 1) for step in range(20)}
RISING = {step: step / 20 for step in range(20)}


def ordinary(values: dict[int, float]) -> Any:
    return pytest.approx(values, rel=1e-6, nan_ok=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("imports") / "runs.db"
    imported(path, ASSETS)
    return path


def run_of(store: Path, kind: str, name: str) -> int:
    sql = "SELECT run_id FROM runs JOIN sources USING (run_id) WHERE format = ? AND name = ?"
    [(run_id,)] = query(store, sql, kind, name)
    return int(run_id)


ODD = {0: math.nan, 1: math.inf, 2: -math.inf}
EPOCHS = {step: float(step // 10) for step in range(20)}
KERAS = {"loss": {0: 4.915542, 1: 4.873566, 2: 4.843285}, "val_loss": {0: 4.873566, 1: 4.843285, 2: 4.818036}}
AT_2 = {"nan": {2: math.nan}, "inf": {2: math.inf}, "good": {2: 1.0}}

EXPECTED: list[tuple[str, str, dict[str, dict[int, float]]]] = [
    ("tensorboard", "tensorboard", {"loss": FALLING, "acc": RISING, "odd": {0: math.nan, 1: math.inf}}),
    ("tensorboard", "tensorboard/both/a", {"both": {3: 1.0}}),
    ("tensorboard", "tensorboard/set", {"hparam/best": {0: 0.5}}),
    ("tensorboard", "tensors", {"epoch_loss": FALLING}),
    ("tensorboard", "restarted", {"loss": {step: 1.0 if step < 5 else 2.0 for step in range(8)}}),
    ("wandb", "cnn", {"loss": FALLING, "nested/acc": RISING, **AT_2}),
    ("mlflow", "cnn", {"loss": FALLING, "val/acc": RISING, "odd": ODD}),
    ("mlflow-files", "cnn", {"loss": FALLING, "val/acc": RISING, "odd": ODD}),
    ("trackio", "cnn", {"loss": FALLING, "val/acc": RISING, "odd": {2: math.nan}, "odder": {2: math.inf}}),
    ("csv", "version_0", {"train_loss": FALLING, "val_loss": {9: 0.05, 19: 0.025}, "epoch": EPOCHS}),
    ("csv", "keras", KERAS),
    ("csv", "happy-1", {"loss": {0: 1.5, 1: 1.25}}),
    ("csv", "calm-2", {"loss": {1: 3.0}}),
    ("csv", "imports", {"train/box_loss": {1: 2.5, 2: 1.5}, "metrics/mAP50(B)": {1: 0.1, 2: 0.2}}),
    ("trainer", "trainer", {
        "loss": {k: 1 / k for k in (10, 20, 30)}, "epoch": {k: k / 20 for k in (10, 20, 30)},
        "learning_rate": dict.fromkeys((10, 20, 30), 1e-3),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "values"), EXPECTED, ids=[f"{each[0]}-{each[1]}" for each in EXPECTED])
def test_a_run_has_the_values_that_its_library_was_given(
    store: Path, kind: str, name: str, values: dict[str, dict[int, float]]
) -> None:
    nan_is_null = {metric: {s: math.nan if v is None else v for s, v in each.items()} for metric, each in
                   stored(store, run_of(store, kind, name)).items()}  # fmt: skip
    assert nan_is_null == {metric: ordinary(each) for metric, each in values.items()}


def test_every_format_has_a_file_here_and_a_row_in_its_page(store: Path) -> None:
    assert {kind for (kind,) in query(store, "SELECT format FROM sources")} == set(FORMATS) - {"jsonl"}
    page = (ASSETS.parents[2] / "docs" / "imports.md").read_text()
    assert {row.split("|")[1].split("(")[0].strip() for row in page.splitlines() if row.startswith("| ")} >= {
        each.title for each in FORMATS.values()
    }


def test_what_files_say_of_their_runs_is_stored(store: Path) -> None:
    sql = """
        SELECT format, name, kind, state, reason, project, run_group, tags, note, config FROM runs
        JOIN sources USING (run_id) WHERE name IN ('cnn', 'broken', 'tensorboard/set') ORDER BY format, name
    """
    found = [(*row[:9], json.loads(row[9])) for row in query(store, sql)]
    config, nested = {"lr": 0.1, "net": "cnn"}, {"lr": 0.1, "net": {"hidden": [64, 32]}}
    untold = "its file does not tell how it ended"
    mlflow = [
        ("broken", "imported", "failed", "MLflow says that it failed", "digits", "", "", "", {}),
        ("cnn", "imported", "finished", "", "digits", "", '["kind=small"]', "a note", config),
    ]
    assert found == [
        *(("mlflow", *row) for row in mlflow), *(("mlflow-files", *row) for row in mlflow),
        ("tensorboard", "tensorboard/set", "imported", "finished", "", "", "", "", "", {**config, "big": True}),
        ("trackio", "cnn", "imported", "finished", untold, "digits", "", "", "", nested),
        ("wandb", "cnn", "imported", "finished", "", "digits", "first", '["small", "offline"]', "a note",
         {**nested, "late": 1}),
    ]  # fmt: skip


def test_times_are_those_of_the_files_and_none_where_they_tell_none(store: Path) -> None:
    def timed(kind: str, name: str, metric: str) -> tuple[str, list[float]]:
        run_id = run_of(store, kind, name)
        rows = query(store, "SELECT elapsed_s FROM logged_values WHERE run_id = ? AND metric = ?", run_id, metric)
        [(started,)] = query(store, "SELECT started_at FROM runs WHERE run_id = ?", run_id)
        return started, [elapsed_s for (elapsed_s,) in rows]

    assert timed("tensorboard", "tensorboard", "loss") == ("2023-11-14T22:13:20.000Z", [float(s) for s in range(20)])
    assert timed("csv", "imports", "train/box_loss")[1] == [3.5, 7.0]
    assert timed("csv", "keras", "loss")[1] == [None, None, None]
    _, wandb = timed("wandb", "cnn", "loss")
    assert 0 < wandb[0] < wandb[-1] < 60


def test_imported_again_nothing_is_new_and_a_file_that_has_grown_goes_on(tmp_path: Path) -> None:
    store, file = tmp_path / "runs.db", tmp_path / "log.jsonl"
    file.write_text('{"step": 1, "loss": 0.5, "val": {"acc": 1}}\n{"loss": NaN, "text": "a", "odd": "Infinity"}\n')
    assert [(each.values, each.is_new) for each in imported(store, file)] == [(4, True)]
    assert [(each.values, each.run_id) for each in imported(store, file, file)] == [(0, 1)]
    with file.open("a") as more:
        more.write('{"step": 7, "loss": 0.25}')
    assert [(each.values, each.run_id, each.is_new) for each in imported(store, tmp_path)] == [(1, 1, False)]
    assert stored(store) == {"loss": {1: 0.5, 2: None, 7: 0.25}, "val/acc": {1: 1.0}, "odd": {2: math.inf}}
    assert query(store, "SELECT state, iterations_done FROM runs") == [("finished", 8)]
    query(store, "UPDATE runs SET deleted_at = '2026-01-02'")
    [again] = imported(store, file)
    assert again.values == 0
    assert "is deleted" in again.troubles[0]


def test_files_of_examples_are_no_runs_unless_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text('{"text": "a", "label": 3}\n')
    (tmp_path / "table.csv").write_text("width,height\n1,2\n")
    assert find([tmp_path]).sources == []
    assert [source.format for source in find([tmp_path / "examples.jsonl"]).sources] == ["jsonl"]
    assert find([tmp_path / "table.csv"]).troubles == [
        f"{tmp_path}/table.csv is in none of the formats that can be imported."
    ]


def test_a_thousand_records_that_look_alike_are_as_if_each_was_decoded_alone(tmp_path: Path) -> None:
    """Names, sizes of steps and values mixed, so that many layouts meet; the event files of the suite have few."""
    draw = np.random.default_rng(3)
    names, steps = [f"m{place}" for place in range(7)], np.cumsum(draw.integers(1, 900, 1500))
    content, expected = record(event(1.0, 0, version="brain.Event:2")), dict[str, dict[int, float]]()
    for number, step in enumerate(steps.tolist()):
        name, value = names[int(draw.integers(7))], float(np.float32(draw.normal()))
        content += record(event(2.0 + number, step, {name: value}))
        expected.setdefault(name, {})[step] = value
    (tmp_path / "events.out.tfevents.1").write_bytes(content)
    assert whole(tmp_path) == expected
