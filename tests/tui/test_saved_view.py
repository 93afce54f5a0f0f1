"""The remembered view: comes back as it was, and whatever lies in its place is a view all the same."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.files.paths import state_folder
from engine.jobs.processes.logs import log_folder
from engine.store.list.listing import ORDERS
from tui.view_state import saved_view
from tui.view_state.saved_view import MOST_BYTES, MOST_CHARACTERS, MOST_FILES, MOST_NUMBERS, View, load, save

CHOSEN = View(
    marked=(3, 1),
    by_hand=(3,),
    considered_to=12,
    pinned=(1,),
    pointed=3,
    x_kind="time",
    log_x=True,
    log_y=False,
    metric="accuracy",
    smoothing=30.0,
    layout="measures",
    list_width=0.4,
    list_height=0.25,
    sort="train",
    reverse=True,
    columns=("seed", "curve"),
    hidden_columns=("train",),
    filter='strategy:sgd "größer 1"',
    theme="light",
    lessons=("probe", "race"),
    recent=("log_y", "point(3)"),
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def file(store: Path) -> Path:
    save(store, CHOSEN)
    [file] = saved_view.folder().iterdir()
    return file


def test_a_view_comes_back(store: Path) -> None:
    assert load(store) == View()
    assert save(store, CHOSEN)
    assert load(store) == CHOSEN
    assert load(str(store)) == CHOSEN


def test_the_keys_of_the_file_stay_as_older_versions_wrote_them(file: Path) -> None:
    stored = json.loads(file.read_text())["view"]
    assert (stored["met"], stored["measure"], stored["born"]) == (12, "accuracy", "")
    assert not {"considered_to", "metric", "created_at"} & set(stored)


def test_every_store_has_its_own_whichever_way_leads_to_it(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, CHOSEN)
    (tmp_path / "link.db").symlink_to(store)
    monkeypatch.chdir(tmp_path)
    assert load("runs.db") == load(tmp_path / "link.db") == load(tmp_path / "x" / ".." / "runs.db") == CHOSEN
    assert load(tmp_path / "other.db") == View()


def test_the_file_is_for_its_owner_and_nothing_else_is_left(store: Path, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    save(store, View())
    assert list(file.parent.iterdir()) == [file]
    assert load(store) == View()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe garbage",
        b"null",
        b"[]",
        b'{"version": 2, "view": {"log_x": true}}',
        b'{"version": 1}',
        b'{"version": 1, "view": [1, 2]}',
        b"[" * (MOST_BYTES - 1),
        b'{"version": 1, "view": {"met": ' + b"9" * 5000 + b"}}",
        b'{"version": 1, "view": {"log_x": true}}' + b" " * MOST_BYTES,
    ],
)
def test_what_is_no_view_is_the_default(store: Path, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert load(store) == View()


def test_what_does_not_fit_leaves_the_rest(store: Path, file: Path) -> None:
    wrong = {
        "marked": ["1", 2, -1, True, None, 2.5, 2, 7, 10**30],
        "by_hand": "12",
        "met": True,
        "x_kind": "colour",
        "log_x": 1,
        "smoothing": float("nan"),
        "filter": "\x1b]0;title\x07",
        "theme": "x" * (MOST_CHARACTERS + 1),
        "sort": ["loss"],
        "columns": ["seed", "no such column", "seed"],
        "hidden_columns": "train",
        "grid": True,
        "list_width": 1.5,
        "list_height": "half",
        "from_a_later_version": {},
    }
    file.write_text(json.dumps({"version": 1, "view": wrong}))
    assert load(store) == View(marked=(2, 7), layout="runs", columns=("seed",))


@pytest.mark.parametrize("place", ["pipe", "folder", "loop", "unreadable"])
def test_something_else_in_its_place(store: Path, file: Path, place: str) -> None:
    file.unlink()
    if place == "pipe":
        os.mkfifo(file)
    elif place == "folder":
        file.mkdir()
    elif place == "loop":
        file.symlink_to(file)
    else:
        file.symlink_to("/proc/self/mem")
    assert load(store) == View()
    assert save(store, CHOSEN) is (place != "folder")
    assert load(store) == (View() if place == "folder" else CHOSEN)
    assert not list(file.parent.glob("*.new"))


def test_where_nothing_can_be_kept_it_is_said(tmp_path: Path, store: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert save(store, CHOSEN) is False
    assert load(store) == View()


def test_the_stores_looked_at_longest_ago_are_forgotten(tmp_path: Path, file: Path) -> None:
    for number in range(MOST_FILES + 20):
        other = file.with_name(f"{number}.json")
        other.touch()
        os.utime(other, (number, number))
    (file.parent / "left.new").touch()
    os.utime(file.parent / "left.new", (0, 0))
    (file.parent / "a person's own.txt").touch()
    assert save(tmp_path / "new.db", CHOSEN)
    kept = {entry.name for entry in file.parent.iterdir()}
    assert len(kept) == MOST_FILES + 1
    assert {file.name, "a person's own.txt"} <= kept
    assert not {"0.json", "left.new"} & kept
    assert load(tmp_path / "new.db") == CHOSEN


def test_a_view_without_measure_is_kept_as_far_as_it_is_bounded(store: Path) -> None:
    many = tuple(range(10_000))
    assert save(store, replace(CHOSEN, marked=many, by_hand=many, pinned=many, filter="x" * 10**6))
    assert load(store) == replace(
        CHOSEN, marked=many[:MOST_NUMBERS], by_hand=many[:MOST_NUMBERS], pinned=many[:MOST_NUMBERS], filter=""
    )


def test_the_largest_view_can_be_read_back(store: Path) -> None:
    numbers = tuple(range(2**53 - MOST_NUMBERS, 2**53))
    words = "\U0001f642" * MOST_CHARACTERS
    largest = View(marked=numbers, by_hand=numbers, pinned=numbers, filter=words, theme=words, metric=words)
    save(store, largest)
    assert load(store) == largest


def test_it_takes_no_noticeable_time(store: Path) -> None:
    begun = time.perf_counter()
    save(store, CHOSEN)
    load(store)
    assert time.perf_counter() - begun < 0.1


def test_all_that_belongs_to_the_user_is_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert saved_view.folder().parent == log_folder().parent == state_folder() == tmp_path / "state" / "lossboard"
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    assert state_folder().is_absolute()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(ORDERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([entry.metadata["key"] or entry.name for entry in fields(View)]) | st.text(max_size=5)


@given(st.dictionaries(names, json_values, max_size=8), st.binary(max_size=30))
def test_any_content_is_a_view_that_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    values: dict[str, object],
    rest: bytes,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        save(folder / "runs.db", View())
        [file] = saved_view.folder().iterdir()
        file.write_bytes(json.dumps({"version": 1, "view": values}).encode() + rest)
        view = load(folder / "runs.db")
        assert isinstance(view, View)
        hash(view)
        save(folder / "runs.db", view)
        assert load(folder / "runs.db") == view
