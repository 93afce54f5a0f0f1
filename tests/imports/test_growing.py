"""Files that grow while they are read: whatever the cuts, in the end the values are those of the whole file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.imports.decoding.unreadable import Replaced
from engine.imports.detection import FORMATS, find
from engine.imports.records import Source
from tests.imports.files import ASSETS, Values, imported, only_source, stored, values_read, whole
from tests.stores import query

CUTS = st.lists(st.floats(0, 1), max_size=6)
GROWING = [
    "tensorboard/events.out.tfevents.1796130800.host", "tensors/events.out.tfevents.1796130801.host.25421.0",
    "wandb/run-small.wandb", "keras/log.csv", "lightning/version_0/metrics.csv", "results.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", GROWING)
@given(cuts=CUTS)
def test_any_cut_gives_the_same_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, name: str, cuts: list[float]
) -> None:
    content, expected = (ASSETS / name).read_bytes(), whole(ASSETS / name)
    source = only_source(ASSETS / name)
    path = tmp_path_factory.mktemp("g") / Path(name).name
    source = Source(source.format, path, source.key)
    found, position = Values(), dict[str, object]()
    for share in [*sorted(cuts), 1.0]:
        path.write_bytes(content[: int(share * len(content))])
        position = dict(values_read(source, position, found, settled=False))
    values_read(source, position, found)
    np.testing.assert_equal(found, expected)
    before = dict(found)
    assert values_read(source, values_read(source, position, found), found) is not None
    np.testing.assert_equal(found, before)


def test_lines_are_waited_for_and_a_last_one_without_an_end_counts_once_nobody_writes(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1,0.5\n2,0.2")
    source = only_source(path)
    found = Values()
    position = values_read(source, {}, found, settled=False)
    assert found == {"loss": {1: 0.5}}
    position = values_read(source, position, found)
    assert found == {"loss": {1: 0.5, 2: 0.2}}
    with path.open("a") as more:
        more.write("5\n3,0.1\n")
    values_read(source, position, found, settled=False)
    assert found == {"loss": {1: 0.5, 2: 0.25, 3: 0.1}}


def test_a_table_that_is_written_anew_is_the_same_run_and_one_with_another_beginning_is_not(tmp_path: Path) -> None:
    store, path = tmp_path / "runs.db", tmp_path / "metrics.csv"
    path.write_text("step,loss\n1,0.5\n2,0.25\n9,0.1\n")
    imported(store, path)
    path.write_text("step,loss,acc\n1,0.5,0.1\n2,0.25,0.2\n3,0.125,0.3\n")  # a new column, as Lightning does it
    [again] = imported(store, path)
    assert again.run_id == 1
    assert stored(store) == {"loss": {1: 0.5, 2: 0.25, 3: 0.125}, "acc": {1: 0.1, 2: 0.2, 3: 0.3}}
    assert query(store, "SELECT iterations_done FROM runs") == [(4,)]
    path.write_text("step,loss\n1,0.75\n")
    [other] = imported(store, path)
    assert (other.run_id, other.is_new, "another run" in other.troubles[0]) == (2, True, True)
    assert (stored(store, 2), len(stored(store))) == ({"loss": {1: 0.75}}, 2)
    assert [each.values for each in imported(store, path)] == [0]


@pytest.mark.parametrize("name", ["tensorboard", "wandb/run-small.wandb", "trainer"])
def test_a_file_that_was_cut_or_replaced_is_told(tmp_path: Path, name: str) -> None:
    place = tmp_path / Path(name).name
    shutil.copytree(ASSETS / name, place) if (ASSETS / name).is_dir() else shutil.copy(ASSETS / name, place)
    source = find([place]).sources[0]
    position = values_read(source, {}, {})
    (file,) = (path for path in FORMATS[source.format].files(source) if path.stat().st_size)
    os.truncate(file, file.stat().st_size // 2)
    if name == "trainer":
        file.write_text('{"log_history": [{"step": 1, "loss": 3}]}')
    with pytest.raises(Replaced, match=file.name):
        values_read(source, position, {})
