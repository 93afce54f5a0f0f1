"""Damaged, foreign and hostile files: a sentence with file and place, what was readable is kept, nothing is run."""

from __future__ import annotations

import os
import random
import sqlite3
import struct
import time
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.imports import tensorboard
from engine.imports.decoding import growing
from engine.imports.decoding.crc32c import crc32c, masked
from engine.imports.decoding.unreadable import Unreadable
from engine.imports.detection import FORMATS, find
from engine.imports.flat_yaml import flat_yaml
from tests.imports.events import event, event_file, record
from tests.imports.files import ASSETS, imported, stored
from tests.stores import query

TB = 1 << 40
PARTS = [
    path
    for path in sorted(ASSETS.rglob("*"))
    if path.is_file() and path.name != "README.md" and path.stat().st_size > 60
]


def told(path: Path) -> list[str]:
    """What is said of the runs in a file when it is imported into a new store."""
    taken = imported(path.parent / "runs.db", path)
    return [trouble for each in taken for trouble in each.troubles]


@given(data=st.data())
def test_no_damage_raises_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    asset = data.draw(st.sampled_from(PARTS))
    content = bytearray(asset.read_bytes())
    draw = random.Random(data.draw(st.integers(0, 1 << 30)))
    for _ in range(draw.randrange(1, 8)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    path = tmp_path_factory.mktemp("d") / asset.name
    path.write_bytes(content[: draw.randrange(1, len(content) + 1)])
    for source in find([path]).sources:
        try:
            for _ in FORMATS[source.format].read(source, {}, settled=True):
                pass
        except Unreadable as error:
            assert asset.name in str(error)  # noqa: PT017


def header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked(crc32c(packed)))


def test_what_an_event_file_holds_before_damage_is_kept_and_the_place_told(tmp_path: Path) -> None:
    good = event_file(100)
    bad = bytearray(record(event(1.7e9, 100, {"loss": 7.0})))
    bad[-6] ^= 1
    after = record(event(1.7e9, 101, {"loss": 0.25}))
    for name, tail, said in [
        ("size", header(TB) + b"x" * 50, "says that it is 1,099,511,627,776 bytes long"),
        ("length", b"\x07" * 40, "length does not fit its check sum"),
        ("data", bytes(bad) + after, f"the record at byte {len(good):,} is damaged and left out"),
        ("cut", after[:-3], ""),
        ("zeros", bytes(64), ""),
    ]:
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "events.out.tfevents.1"
        path.write_bytes(good + tail)
        troubles = told(path)
        assert [said in trouble and str(path) in trouble for trouble in troubles] == [True] * bool(said)
        assert len(stored(folder / "runs.db")["loss"]) == 100 + (name == "data")
        assert f"{len(good):,}" in "".join(troubles) or not said


def test_one_damaged_block_of_wandbs_costs_what_it_holds_alone(tmp_path: Path) -> None:
    content = bytearray((ASSETS / "wandb" / "run-small.wandb").read_bytes())
    content[6000] ^= 0xFF
    path = tmp_path / "run-a.wandb"
    path.write_bytes(
        content + bytes(growing.CHUNK // 256 - len(content))
    )  # the block is full, what follows is not written
    (trouble,) = told(path)
    assert "damaged" in trouble
    assert "32,768" in trouble
    assert 0 < len(stored(tmp_path / "runs.db")["loss"]) < 20


def test_hostile_names_lines_and_places_are_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "LONGEST_LINE", 1 << 17)
    monkeypatch.setattr(growing, "TEXT_CHUNK", 1 << 15)
    os.mkfifo(tmp_path / "metrics.csv")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "secret.csv").write_bytes(b"step,loss\n1,2\n")
    (tmp_path / "secret.csv").chmod(0)
    long = tmp_path / "long.jsonl"
    long.write_bytes(
        b'{"step": 0, "loss": 1}\n{"text": "'
        + b"x" * (1 << 18)
        + b'"}\n\xff\xfe\0 none\n{"step": 3, "lo\\u0000ss\x1b": 2}\n'
    )
    wide = tmp_path / "wide.csv"
    wide.write_text("step," + ",".join(f"c{place}" for place in range(9_999)) + "\n" + "1," * 9_999 + "5\n7,8\n")
    began = time.monotonic()
    taken = imported(tmp_path / "runs.db", tmp_path)
    assert time.monotonic() - began < 5
    troubles = " ".join(trouble for each in taken for trouble in each.troubles)
    assert "the line at byte 23 is longer than 131,072 bytes and left out" in troubles
    assert "1 line before byte" in troubles
    assert "has 10,000 columns; the first 4,096 are read" in troubles
    assert "1 row before byte 78,893 left out" in troubles
    names = {name for (name,) in query(tmp_path / "runs.db", "SELECT name FROM metrics")}
    assert {"loss", "lo\0ss\x1b", "c0"} <= names
    assert find([tmp_path / "metrics.csv"]).troubles == [f"{tmp_path}/metrics.csv is no regular file."]
    assert find([tmp_path / "nowhere"]).troubles == [f"{tmp_path}/nowhere cannot be read: No such file or directory."]


def test_a_database_of_another_program_is_read_and_nothing_in_it_is_carried_out(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS key, 1 AS value FROM n"
    hostile = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(hostile)) as raw:
        raw.execute(f"CREATE VIEW metrics AS {endless}")
        raw.execute("CREATE TABLE runs (run_uuid, name, lifecycle_stage, status, start_time, end_time, experiment_id)")
        raw.execute("CREATE TABLE experiments (experiment_id, name)")
        raw.execute("INSERT INTO runs VALUES ('a', 'a', 'active', 'RUNNING', 'x', NULL, 1)")
        raw.commit()
    assert find([hostile]).sources == []
    cut = tmp_path / "cut.db"
    cut.write_bytes((ASSETS / "mlflow.db").read_bytes()[:9000])
    assert "cut.db" in " ".join([*find([cut]).troubles, *told(cut)])
    before = set(tmp_path.iterdir())
    locked = tmp_path / "locked.db"
    locked.write_bytes((ASSETS / "mlflow.db").read_bytes())
    assert [each.values for each in imported(tmp_path / "runs.db", locked)] == [43, 1, 1]
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"locked.db", "runs.db"}


def test_yaml_is_lines_of_keys_and_values_and_no_program() -> None:
    text = (
        "lr: 0.1\nrun: !!python/object/apply:os.system ['ls']\nn: 3\nname: 'it''s'\nlist: [1]\n  nested: 1\nok: true\n"
    )
    assert flat_yaml(text) == {"lr": 0.1, "n": 3, "name": "it's", "ok": True}


def test_memory_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read in pieces: what is in memory is a few of them, however long it is."""
    monkeypatch.setattr(tensorboard, "CHUNK", 1 << 16)
    path = tmp_path / "events.out.tfevents.1"
    part = event_file(200)
    path.write_bytes(part + part[len(event_file(0)) :] * 300)
    (source,) = find([path]).sources
    tracemalloc.start()
    count = sum(len(series) for piece in FORMATS[source.format].read(source, {}) for series in piece.values.values())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200 * 301
    assert peak < path.stat().st_size / 2
