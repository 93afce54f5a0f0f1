"""The filter: what is typed finds those runs and no others, in SQL as in plain Python, or says what would fit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.spec import OBJECTIVES, STRATEGIES, UPDATES, RunSpec, defaults
from engine.store import STATES, FilterError, Listing, Reader, open_for_writing
from engine.store.list.filter import NumberTerm, begins_a_field, parse
from engine.store.list.filter_fields import CHOICES, NAMES, NUMBERS, TEXTS
from engine.store.list.listing import ORDERS
from engine.store.write.tags import tags_to_text
from tests.engine.plain_filter import Known, fits, ordered
from tests.stores import sweep_row

LATER = '{"strategy": "annealing", "heat": 3'
"""A spec that this version cannot read."""


class Shelf:
    """A store whose runs are put there as they are needed, and read back as plain values."""

    def __init__(self, path: Path) -> None:
        open_for_writing(path).close()
        self.path = path
        self._raw = sqlite3.connect(path, isolation_level=None)
        self._raw.execute("PRAGMA synchronous = OFF")
        self.judged: dict[int, str] = {}

    def put(self, run_id: int, spec: RunSpec | str, *, judged: str = "", **values: object) -> None:
        """A run with these columns; `tags` are words."""
        text = spec if isinstance(spec, str) else spec.to_json()
        values = {"name": "", "state": "finished", "created_at": "2026-01-02T03:04:05Z", **values}
        values["tags"] = tags_to_text(values.get("tags", ()))  # type: ignore[arg-type]
        columns = {"run_id": run_id, "spec": text, **values}
        places = ", ".join("?" * len(columns))
        self._raw.execute(f"INSERT INTO runs ({', '.join(columns)}) VALUES ({places})", tuple(columns.values()))
        if judged:
            self.judged[run_id] = judged

    def clear(self) -> None:
        self._raw.execute("DELETE FROM runs")
        self.judged.clear()

    def known(self, reader: Reader) -> list[Known]:
        """Every run as plain values."""
        return [Known(run, judged=self.judged.get(run.run_id, "")) for run in reader.runs()]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("shelf") / "runs.db")
    sweep = sweep_row(shelf.path)
    shelf.put(
        1,
        defaults("random-search"),
        name="baseline",
        train_loss=2.3,
        best_loss=2.1,
        iterations_done=1000,
        validation_accuracy=0.5,
    )
    shelf.put(2, defaults("local-search"), name="Wide Steps", tags=("slow", "keep"), train_loss=0.9, best_loss=0.8)
    shelf.put(
        3,
        defaults(),
        name="gradient b256",
        sweep_id=sweep,
        train_loss=0.2141,
        best_loss=0.2,
        iterations_done=12_000,
        iterations_per_s=41_000.0,
        validation_loss=0.31,
        validation_accuracy=0.97,
    )
    adam = defaults(objective="two-layer").changed(
        update="adam", step_size=10**-2.5, batch_size=None, dataset="spiral:4"
    )
    shelf.put(
        12, adam, name="adam (1)", note="the good one | really", state="running", train_loss=0.31, best_loss=0.3,
        iterations_done=101,
    )  # fmt: skip
    shelf.put(30, LATER, name="from later", state="running", judged="lost", tags=("old", "Démo 7b"))
    return shelf


@pytest.fixture(scope="module")
def reader(shelf: Shelf) -> Iterator[Reader]:
    with open_for_writing(shelf.path) as store:
        yield store.reader()


@pytest.fixture
def found(shelf: Shelf, reader: Reader) -> Callable[[str], list[int]]:
    return lambda text: sorted(run.run_id for run in reader.listed(Listing(text), judged=shelf.judged).runs)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3, 12, 30]),
        ("   ", [1, 2, 3, 12, 30]),
        ("base", [1]),
        ("WIDE", [2]),
        ("gradient", [3, 12]),
        ("local search", [2]),
        ("search", [1, 2]),
        ("slow", [2]),
        ("DÉMO", [30]),
        ("sgd", [3, 12]),
        ("spiral", [12]),
        ("svm -sgd", [1, 2]),
        ("running", [12, 30]),
        ("really", [12]),
        ("3", [3]),
        ("12", [12]),
        ("256 slow | 1", [1, 12]),
        ("256", [3]),
        ('"one | really"', [12]),
        ('"wide steps"', [2]),
        ("wide|base", [1, 2]),
        ("search keep | adam", [2, 12]),
        ("-search", [3, 12, 30]),
        ('-"wide steps" search', [1]),
        ("-search -adam", [3, 30]),
        ("7", [30]),
        ("70", []),
        ("strategy:sgd", [3, 12]),
        ("strategy:random", [1]),
        ("strategy:local-search", [2]),
        ("strategy:adam", [12]),
        ("strategy:van", [3]),
        ("strategy=sgd", [3, 12]),
        ("strategy!=sgd", [1, 2, 30]),
        ("-strategy:sgd", [1, 2, 30]),
        ("objective:svm", [1, 2, 3]),
        ("objective:two", [12]),
        ("dataset:spiral", [12]),
        ("update:vanilla", [3]),
        ("status:lost", [30]),
        ("status:running", [12]),
        ("state:running", [12, 30]),
        ("status:ended", [1, 2, 3, 30]),
        ("tag:keep", [2]),
        ("tag:kee", []),
        ("tag:OLD", [30]),
        ('tag:"démo 7B"', [30]),
        ("name:adam", [12]),
        ('name:"wide steps"', [2]),
        ("note:good", [12]),
        ("sweep:1", [3]),
        ("id:12 | run:1", [1, 12]),
        ("loss<0.5", [3, 12]),
        ("loss < 0.5", [3, 12]),
        ("-loss<0.5", [1, 2, 30]),
        ("best<=0.3", [3, 12]),
        ("loss=0.214", [3]),
        ("loss!=0.214", [1, 2, 12, 30]),
        ("loss>0.214", [1, 2, 3, 12]),
        ("loss<0.22", [3]),
        ("loss<0.214", []),
        ("loss>=0.21", [1, 2, 3, 12]),
        ("loss<=0.21", []),
        ("step_size>3.16e-3 adam", [12]),
        ("iterations>100", [1, 3, 12]),
        ("iterations>=12k", [3]),
        ("planned:1000", [1, 2, 3, 12]),
        ("speed>40k", [3]),
        ("step_size>=1e-3", [2, 3, 12]),
        ("step-size=3.16e-3", [12]),
        ("step_size=0.003", []),
        ("batch_size=256", [3]),
        ("batch_size=full", [1, 2, 12]),
        ("batch_size<1000", [3]),
        ("batch:256 loss<1 | tag:slow", [2, 3]),
        ("beta1>0", [12]),
        ("hidden_size:50", [12]),
        ("validation<0.5", [3]),
        ("accuracy>=0.5", [1, 3]),
        ("accuracy>96", [3]),
        ("acc>96", [3]),
        ("accuracy>97", []),
        ("accuracy>=97%", [3]),
        ("accuracy:97.0", [3]),
        ("accuracy:50%", [1]),
        ("accuracy>0.5%", [1, 3]),
        ('accuracy>"96 %"', [3]),
        ("accuracy<=1", [1, 3]),
        ("created:2026-01", [1, 2, 3, 12, 30]),
    ],
)
def test_what_is_found(found: Callable[[str], list[int]], text: str, ids: list[int]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("foo:1", 0, "unknown field foo; known: loss, best, accuracy, step_size"),
        ("a strategie:sgd", 2, "did you mean strategy?"),
        ("los<0.5", 0, "did you mean loss?"),
        ("strategy:adem", 9, "did you mean adam?"),
        ("status:finnished", 7, "did you mean finished?"),
        ("loss<", 5, "loss needs a value, such as loss<0.1."),
        ("tag:", 4, "tag needs a value, such as tag:keep."),
        ("strategy: ", 9, "such as strategy:random-search"),
        ("loss<low", 5, "'low' is not a number"),
        ("loss<50%", 5, "'50%' is not a number"),
        ("accuracy<%", 9, "'' is not a number"),
        ("loss<1e3k", 5, "'1e3k' is not a number"),
        ("loss<inf", 5, "not a finite number"),
        ("strategy>3", 0, "write strategy:3"),
        ("a |", 3, "both sides"),
        ("| a", 0, "both sides"),
        ("a || b", 3, "both sides"),
        ("a -", 2, "what to leave out"),
        ("iterations>", 11, "iterations>=100"),
        ("accuracy>", 9, "accuracy>0.9"),
        ('say "hello', 4, "has no end"),
        ('name:"hello', 5, "has no end"),
        ('""', 0, "quotes are empty"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_about_a_place(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.position == position
    assert says in caught.value.sentence
    assert caught.value.sentence.endswith(".")
    assert caught.value.sentence in str(caught.value)


typed = st.text(alphabet='ab "|-<>=!:.0159ekμ١²\t', max_size=40) | st.text(max_size=40)
terms = st.builds(
    "".join, st.tuples(st.sampled_from(["", "-"]), st.sampled_from(NAMES), st.sampled_from([":", "<", "!="]), typed)
)


@given(st.lists(typed | terms, max_size=4).map(" ".join))
@example("loss<" + "9" * 5000)
@example("9" * 5000)
@example("loss=1e308 loss=2.5e-323")
def test_any_text_is_a_filter_or_one_sentence(reader: Reader, text: str) -> None:
    error = None
    try:
        parse(text)
    except FilterError as caught:
        error = caught
    if error is not None:
        assert 0 <= error.position <= len(text)
        assert error.sentence.isprintable()
    else:
        assert reader.listed(Listing(text)).total <= 5


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_can_be_compared(found: Callable[[str], list[int]], name: str) -> None:
    assert set(found(f"{name}<=1")) & set(found(f"{name}>1")) == set()
    assert set(found(f"{name}!=1")) | set(found(f"{name}=1")) == {1, 2, 3, 12, 30}


@given(st.floats(1e-12, 1e12), st.integers(3, 6))
def test_a_number_is_found_as_it_is_shown(value: float, digits: int) -> None:
    [[term]] = parse(f"loss={value:.{digits - 1}e}").alternatives
    assert isinstance(term.asked, NumberTerm)
    assert term.asked.low <= value <= term.asked.high
    for outside in (term.asked.low * (1 - 1e-9), term.asked.high * (1 + 1e-9)):
        assert f"{outside:.{digits - 1}e}" != f"{value:.{digits - 1}e}"


@given(st.floats(0.01, 10.0), st.sampled_from(["<", "<=", ">", ">="]), st.integers(1, 6))
def test_an_order_is_held_against_the_number_that_was_typed(
    other_shelf: tuple[Shelf, Reader], loss: float, sign: str, digits: int
) -> None:
    shelf, reader = other_shelf
    shelf.clear()
    shelf.put(1, defaults(), train_loss=loss)
    number = f"{loss:.{digits}g}"
    is_so = {"<": loss < float(number), ">": loss > float(number), "<=": loss <= float(number)}
    expected = is_so.get(sign, loss >= float(number))
    assert reader.listed(Listing(f"loss{sign}{number}")).total == expected


@given(st.integers(1, 1000))
def test_an_accuracy_is_found_per_cent(other_shelf: tuple[Shelf, Reader], thousandths: int) -> None:
    shelf, reader = other_shelf
    shelf.clear()
    shelf.put(1, defaults(), validation_accuracy=thousandths / 1000)
    for text in (f"accuracy={thousandths / 10}%", f"accuracy>={thousandths / 10}%", f"accuracy<={thousandths / 10}%"):
        assert reader.listed(Listing(text)).total == 1, text


def test_a_count_is_exact(found: Callable[[str], list[int]]) -> None:
    assert found("iterations=100") == []
    assert found("iterations=101") == [12]


numbers = st.none() | st.sampled_from([0.1, 0.2, 0.2141, float("inf"), 12.0]) | st.floats(0.0, 20.0)
words = st.sampled_from(["", "Wide 12", "run 2", "run 10", "ÄÖ", "256", "it's 100 % [/odd]", "sgd", "x|y"])
specs = st.builds(
    lambda strategy, objective, update, step_size, batch_size: defaults(strategy, objective).changed(
        update=update, step_size=step_size, batch_size=batch_size
    ),
    st.sampled_from(STRATEGIES),
    st.sampled_from(OBJECTIVES),
    st.sampled_from(UPDATES),
    st.sampled_from([0.1, 10**-2.5, 1.0]),
    st.sampled_from([None, 1, 256]),
)
rows = st.fixed_dictionaries(
    {
        "spec": specs | st.sampled_from([LATER, "", "[3]", '"sgd"', '{"iterations": null, "seconds": 3}']),
        "name": words,
        "note": words,
        "tags": st.lists(words.filter(bool), max_size=2),
        "state": st.sampled_from(STATES),
        "judged": st.sampled_from(["", "lost", "silent", "waiting"]),
        "train_loss": numbers,
        "best_loss": numbers,
        "step_size_now": st.none() | st.sampled_from([0.1, 0.21]),
        "iterations_per_s": numbers,
        "validation_loss": numbers,
        "validation_accuracy": numbers,
        "current_loss": numbers,
        "iterations_done": st.integers(0, 3),
        "diverged_at": st.none() | st.integers(0, 3),
        "created_at": st.sampled_from(["2026-01-02T03:04:05Z", "2026-02-02T03:04:05Z"]),
    }
)
values = st.sampled_from(["0.1", "0.21", "12", "3.16e-3", "inf", "1", "2", "full", "256"])
asked = (
    st.builds(
        "{}{}{}".format, st.sampled_from(list(NUMBERS)), st.sampled_from([":", "!=", "<", "<=", ">", ">="]), values
    )
    | st.sampled_from(
        [f"{name}:{choice}" for name, field in CHOICES.items() for choice in (*field.choices, *field.aliases)]
    )
    | st.builds('{}:"{}"'.format, st.sampled_from(list(TEXTS)), words.filter(bool))
    | words.filter(bool).map('"{}"'.format)
)
conjunctions = st.lists(st.tuples(st.sampled_from(["", "-"]), asked).map("".join), min_size=1, max_size=3)
filters = st.lists(conjunctions.map(" ".join), max_size=2).map(" | ".join)


@given(
    st.lists(rows, max_size=6),
    st.lists(st.tuples(filters, st.sampled_from(ORDERS), st.booleans()), min_size=12, max_size=12),
    st.sets(st.integers(1, 6), max_size=2).map(tuple),
)
def test_sql_finds_and_orders_as_plain_python_does(
    other_shelf: tuple[Shelf, Reader],
    runs: list[dict[str, Any]],
    asked: list[tuple[str, str, bool]],
    pinned: tuple[int, ...],
) -> None:
    shelf, reader = other_shelf
    shelf.clear()
    for run_id, row in enumerate(runs, start=1):
        shelf.put(run_id, **row)
    known = shelf.known(reader)
    for text, order, reverse in asked:
        try:
            wanted = parse(text)
        except FilterError:
            continue
        here = [one for one in known if fits(wanted, one) or (text and one.run.run_id in pinned)]
        listing = Listing(text, order, reverse, pinned)
        expected = ordered(here, order, reverse, pinned)
        listed = reader.listed(listing, judged=shelf.judged)
        assert [run.run_id for run in listed.runs] == expected
        assert listed.total == len(expected)
        assert listed.fitting == sum(fits(wanted, one) for one in known)


@pytest.fixture(scope="module")
def other_shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shelf, Reader]]:
    shelf = Shelf(tmp_path_factory.mktemp("other") / "runs.db")
    with open_for_writing(shelf.path) as store:
        yield shelf, store.reader()


@pytest.mark.parametrize(("text", "is_begun"), [
    ("los", True), ("loss", True), ("sgd -step-s", True), ("a|acc", True), ("sgd", False), ("loss<", False),
    ("loss ", False), ("", False), ('"loss', False),
])  # fmt: skip
def test_a_word_that_may_become_a_field_is_known(text: str, is_begun: bool) -> None:
    assert begins_a_field(text) == is_begun
