"""Lists of logged runs: filters, orders and columns of what programs name, whatever the names are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.commands.cli import main
from engine.store import FilterError, Listing, Measured, Reader, open_for_reading, open_for_writing
from engine.store.list.config_variety import config_variety, differing_values
from engine.store.list.logged_fields import logged_field, sought
from engine.store.records.config import flat, value_named
from tests.stores import begun, block_of, claimed_writer, measured, news

ODD = 'a"b]\n\x1b[2J $.x'
CONFIGS = (
    {"lr": 1e-3, "model": "cnn", "optim": {"name": "adam", "eps": 1}, "amp": True, "out_dir": "/tmp/1"},
    {"lr": 3e-3, "model": "CNN-2", "optim": {"name": "sgd"}, "amp": False, "out_dir": "/tmp/2", ODD: 7},
    {"lr": "auto", "model": "vit", "optim.name": "sgd", "best": None, "out_dir": "/tmp/3"},
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three logged runs (1 to 3), one of the engine (4), and one whose config is no JSON (5)."""
    path = tmp_path_factory.mktemp("logged") / "runs.db"
    with open_for_writing(path) as store:
        for place, config in enumerate(CONFIGS):
            writer = begun(store, f"s{place}", config=json.dumps(config), project="net", group=f"g{place}")
            batch = {
                "val/loss": measured([(0, 2.0 - place), (1, 0.1 * (place + 1))]),
                ODD: measured([(0, float(place))]),
                "loss": measured([(0, 3.0), (5, float(place) if place else np.nan)]),
            }
            writer.end("finished", "", batch, news(summary=json.dumps({"best": place / 10})))
        claimed_writer(store).finish(block=block_of([3.0, 2.0]))
        begun(store, "bad", config='{"lr": NaN,').write({}, news())
    return path


@pytest.fixture(scope="module")
def reader(path: Path) -> Iterator[Reader]:
    with closing(open_for_reading(path)) as reader:
        yield reader


@pytest.fixture
def found(reader: Reader) -> Callable[[str], list[int]]:
    return lambda text: sorted(run.run_id for run in reader.listed(Listing(text)).runs)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("config.lr>=1e-3", [1, 2]),  # auto is neither more nor less than a number
        ("config.lr<0.002", [1]),
        ("config.lr=0.003", [2]),
        ("config.lr=auto", [3]),
        ("config.model=cnn", [1]),
        ("config.model:cnn", [1, 2]),
        ("-config.model:cnn kind:logged", [3, 5]),
        ("config.model!=vit kind:logged", [1, 2, 5]),
        ("config.optim.name=sgd", [2, 3]),
        ("config.amp=true", [1]),
        ("config.best=none", [3]),
        ("config.step_size>=0.01", [4]),
        ("summary.best<0.15", [1, 2]),
        ("val/loss<0.25", [1, 2]),
        ("val/loss.max<1.5", [2, 3]),
        ("val/loss.min<15%", [1, 3]),
        ('metric:"val/loss"=0.30', [3]),
        ("metric:val/loss", [1, 2, 3]),
        ("-metric:val/loss", [4, 5]),
        ("loss<3", [2, 3]),
        ("metric:loss.max=3", [1, 2, 3]),
        ("group:g1 | project:other", [2]),
    ],
)
def test_a_filter_finds_what_programs_named(found: Callable[[str], list[int]], text: str, ids: list[int]) -> None:
    assert found(text) == ids


def test_odd_names_are_found_in_quotes_and_are_no_sql(reader: Reader) -> None:
    name = 'odd "name" with \'; DROP TABLE runs; --'
    assert sought(f"config.{name}", reader.logged_names) is None
    assert value_named(json.dumps({ODD: 7}), ODD) == 7
    values = reader.logged_values([1, 2, 3], [field for text in (f"config.{ODD}", f"metric:{ODD}")
                                              if (field := logged_field(text)) is not None])  # fmt: skip
    assert values[2] == {f"config.{ODD}": 7, f"metric:{ODD}": 1.0}
    assert values[1] == {f"metric:{ODD}": 0.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("val/los<1", "did you mean val/loss?"),
        ("config.modell=cnn", "no run has config.modell; did you mean config.model?"),
        ("metric:val/lss<1", "did you mean metric:val/loss?"),
        ("summary.bst<1", "did you mean summary.best?"),
        ("val/loss<low", "'low' is not a number"),
        ("config.lr=", "config.lr needs a value"),
    ],
)
def test_a_name_that_no_run_has_is_told_with_the_nearest_one(reader: Reader, text: str, said: str) -> None:
    with pytest.raises(FilterError, match="filter: ") as told:
        reader.listed(Listing(text))
    assert said in str(told.value)


def test_orders_put_numbers_before_text_and_what_is_missing_last(reader: Reader) -> None:
    def order(name: str, *, reverse: bool = False) -> list[int]:
        return [run.run_id for run in reader.listed(Listing(order=name, reverse=reverse)).runs]

    assert order("config.lr")[:3] == [1, 2, 3]
    assert order("config.model", reverse=True)[:3] == [3, 2, 1]
    assert order("metric:val/loss.max")[:3] == [3, 2, 1]
    assert order("loss")[:2] == [2, 3]
    assert order("metric:gone") == [5, 4, 3, 2, 1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_sqlite_finds_each_value_of_any_config_as_python_does(config: dict[str, object]) -> None:
    import sqlite3

    from engine.store.file.sql_functions import register
    from engine.store.list.logged_fields import LoggedField

    text = json.dumps(config)
    with closing(sqlite3.connect(":memory:")) as connection:
        register(connection)
        for name, value in flat(text).items():
            if value_named(text, name) != value:
                continue  # a key with dots may hide another one; NaN differs from itself
            sql, values = LoggedField("summary", name).expression
            row = connection.execute(f"SELECT {sql} FROM (SELECT ? AS summary)", (*values, text)).fetchone()
            assert row == (value,), name


def test_what_differs_is_told_the_most_telling_first() -> None:
    configs = [
        json.dumps({"seed": k, "width": k % 2, "lr": 0.1 * (k % 3), "out_dir": f"/{k}", "same": 1}) for k in range(6)
    ]
    assert list(config_variety(configs)) == ["config.lr", "config.width", "config.seed", "config.out_dir"]
    assert differing_values(configs) == ("lr", "width")
    assert differing_values([json.dumps({"seed": k}) for k in range(2)]) == ("seed",)
    assert differing_values(["", "[]", "{"]) == ()


def asked(path: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["--db", str(path), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def test_the_list_shows_what_differs_and_any_field_that_is_asked_for(path: Path) -> None:
    titles, first, *_ = asked(path, "list", "kind:logged", "config.lr<1", "--sort", "val/loss").splitlines()
    assert [name for name in ("lr", "model", "loss", "kind") if name in titles.split()] == [
        "lr",
        "model",
        "loss",
        "kind",
    ]
    assert first.split()[0] == "1"
    shown = asked(path, "list", "--columns", "run,config.lr,val/loss.min,loss", "config.amp:false")
    assert [line.split() for line in shown.splitlines()] == [
        ["run", "lr", "val/loss.min", "loss"], ["2", "0.003", "0.2", "1.000"],
    ]  # fmt: skip
    given = json.loads(asked(path, "list", "val/loss<0.15", "--columns", "run,val/loss", "--json"))
    assert [(run["run_id"], run["values"]) for run in given] == [(1, {"metric:val/loss": 0.1})]
    assert "did you mean config.lr?" in asked(path, "list", "--sort", "config.lrr")


def test_steps_are_exported_with_a_column_for_each_metric(path: Path) -> None:
    text = asked(path, "export", "1")
    assert "\x1b" not in text
    (step, elapsed, *names), *rows = csv.reader(io.StringIO(text))
    assert (step, elapsed, names[0], names[2]) == ("step", "elapsed_s", "val/loss", "loss")
    assert [(row[0], row[2], row[4]) for row in rows] == [("0", "2.0", "3.0"), ("1", "0.1", ""), ("5", "", "nan")]
    mixed = list(csv.DictReader(io.StringIO(asked(path, "export", "4", "2"))))
    assert [(row["run_id"], row["step"], row["loss"]) for row in mixed] == [
        ("4", "0", "3.0"), ("4", "1", "2.0"), ("2", "0", "3.0"), ("2", "1", ""), ("2", "5", "1.0"),
    ]  # fmt: skip
    lines = [json.loads(line) for line in asked(path, "export", "1", "--format", "jsonl").splitlines()]
    assert (lines[1]["step"], lines[1]["val/loss"], lines[2]["loss"]) == (1, 0.1, "nan")
    assert "loss" not in lines[1]


def test_parts_of_an_export_join_to_all_that_was_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.store.read import steps

    monkeypatch.setattr(steps, "MOST_HELD", 40)
    monkeypatch.setattr(steps, "FEWEST", 2)
    path, random = tmp_path / "runs.db", np.random.default_rng(3)
    wanted: dict[tuple[int, str], float] = {}
    with open_for_writing(path) as store:
        writer = begun(store)
        for place in range(5):
            step = np.unique(random.integers(-20, 60 * (place + 1), 40 + 30 * (place % 2)))
            value = random.normal(size=len(step))
            writer.write({f"m{place}": Measured(step, step * 7, value)}, news(received=place))
            wanted |= {(int(at), f"m{place}"): float(one) for at, one in zip(step, value, strict=True)}
    with closing(open_for_reading(path)) as reader:
        names = [f"m{place}" for place in range(5)]
        parts = list(reader.logged_steps(1, names))
    got = [
        ((int(step), names[metric]), float(value))
        for part in parts
        for step, metric, value in zip(part.step, part.metric, part.value, strict=True)
    ]
    assert dict(got) == wanted
    assert [key[0] for key, _ in got] == sorted(key[0] for key, _ in got)
    assert len(got) == len(wanted)
    assert len(parts) > 5
    assert all(a.step[-1] < b.step[0] for a, b in pairwise(parts))
