"""The filter: what is typed after `/` shows those runs and no others, or says what would fit."""

from __future__ import annotations

import time
from dataclasses import fields

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.spec import RunSpec, defaults
from engine.store import Run
from tui.filter import FilterError, completions, parse
from tui.filter_fields import NAMES, NUMBERS


def run(run_id: int, spec: RunSpec | None, **values: object) -> Run:
    nothing = {field.name: None for field in fields(Run)}
    given = {"state": "finished", "name": "", "note": "", "tags": (), "iterations_done": 0, "elapsed_s": 0.0, **values}
    return Run(**{**nothing, "run_id": run_id, "spec": spec, **given})


SEARCH = run(1, defaults("random-search"), name="baseline", last_loss=2.3, best_loss=2.1, iterations_done=1000)
LOCAL = run(2, defaults("local-search"), name="Wide Steps", tags=("slow", "keep"), last_loss=0.9, best_loss=0.8)
BATCH = run(
    3,
    defaults(),
    name="gradient b256",
    sweep_id=7,
    last_loss=0.2141,
    best_loss=0.2,
    iterations_done=12_000,
    iterations_per_s=41_000.0,
)
ADAM = run(
    12,
    defaults(objective="two-layer").changed(update="adam", step_size=10**-2.5, batch_size=None, dataset="spiral:4"),
    name="adam (1)",
    note="the good one | really",
    state="running",
    last_loss=0.31,
    best_loss=0.3,
    iterations_done=101,
)
LOST = run(30, None, name="from later", state="running", tags=("old", "Demo"))
RUNS = (SEARCH, LOCAL, BATCH, ADAM, LOST)


def found(text: str) -> list[int]:
    typed = parse(text)
    return [run.run_id for run in RUNS if typed.matches(run, "lost" if run is LOST else run.state)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3, 12, 30]),
        ("   ", [1, 2, 3, 12, 30]),
        ("base", [1]),
        ("WIDE", [2]),
        ("gradient", [3]),
        ("local search", [2]),
        ("search", [1, 2]),
        ("slow", [2]),
        ("demo", [30]),
        ("really", [12]),
        ("3", [3]),
        ("12", [12]),
        ("256", [3]),
        ('"one | really"', [12]),
        ('"wide steps"', [2]),
        ("wide|base", [1, 2]),
        ("search keep | adam", [2, 12]),
        ("-search", [3, 12, 30]),
        ('-"wide steps" search', [1]),
        ("-search -adam", [3, 30]),
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
        ("tag:DEMO", [30]),
        ("name:adam", [12]),
        ('name:"wide steps"', [2]),
        ("note:good", [12]),
        ("sweep:7", [3]),
        ("id:12 | run:1", [1, 12]),
        ("loss<0.5", [3, 12]),
        ("loss < 0.5", [3, 12]),
        ("-loss<0.5", [1, 2, 30]),
        ("best<=0.3", [3, 12]),
        ("loss=0.214", [3]),
        ("loss!=0.214", [1, 2, 12, 30]),
        ("loss>0.214", [1, 2, 12]),
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
    ],
)
def test_what_is_found(text: str, ids: list[int]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("foo:1", 0, "'foo' is no field"),
        ("a strategie:sgd", 2, "did you mean strategy?"),
        ("los<0.5", 0, "did you mean loss?"),
        ("strategy:adem", 9, "did you mean adam?"),
        ("status:finnished", 7, "did you mean finished?"),
        ("loss<", 5, "such as loss>=0.1"),
        ("tag:", 4, "What tag?"),
        ("strategy: ", 9, "such as strategy:random-search"),
        ("loss<low", 5, "'low' is not a number"),
        ("loss<1e3k", 5, "'1e3k' is not a number"),
        ("loss<inf", 5, "not a finite number"),
        ("strategy>3", 0, "write strategy:3"),
        ("a |", 3, "both sides"),
        ("| a", 0, "both sides"),
        ("a || b", 3, "both sides"),
        ("a -", 2, "what to leave out"),
        ('say "hello', 4, "has no end"),
        ('name:"hello', 5, "has no end"),
        ('""', 0, "in the quotes"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_about_a_place(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.position == position
    assert says in caught.value.sentence
    assert caught.value.sentence.endswith(".")
    assert str(caught.value) == caught.value.sentence


typed = st.text(alphabet='ab "|-<>=!:.0159ekμ١²\t', max_size=40) | st.text(max_size=40)
terms = st.builds(
    "".join, st.tuples(st.sampled_from(["", "-"]), st.sampled_from(NAMES), st.sampled_from([":", "<", "!="]), typed)
)


@given(st.lists(typed | terms, max_size=4).map(" ".join))
@example("loss<" + "9" * 5000)
@example("9" * 5000)
def test_any_text_is_a_filter_or_one_sentence(text: str) -> None:
    error = typed = None
    try:
        typed = parse(text)
    except FilterError as caught:
        error = caught
    if error is not None:
        assert 0 <= error.position <= len(text)
        assert error.sentence.isprintable()
    if typed is not None:
        assert all(typed.matches(run, run.state) in (True, False) for run in RUNS)
        assert parse(text) == typed


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_can_be_compared(name: str) -> None:
    assert set(found(f"{name}<=1")) & set(found(f"{name}>1")) == set()
    assert set(found(f"{name}!=1")) | set(found(f"{name}=1")) == {1, 2, 3, 12, 30}


@given(st.floats(1e-12, 1e12), st.integers(3, 6))
def test_a_number_is_found_as_it_is_shown(value: float, digits: int) -> None:
    shown = f"{value:.{digits - 1}e}"
    measured = run(1, None, last_loss=value)
    assert parse(f"loss={shown}").matches(measured, "finished")
    assert not parse(f"loss<{shown}").matches(measured, "finished")


def test_completions_go_on_from_the_last_word() -> None:
    assert completions("") == [name if name in NUMBERS else f"{name}:" for name in NAMES]
    assert completions("a | -strat") == ["strategy:"]
    assert completions("ste") == ["step_size"]
    assert completions("update:a") == ["update:adagrad", "update:adam"]
    assert completions("tag:x") == []


@given(st.text(max_size=30))
def test_completions_of_any_text(text: str) -> None:
    assert all(isinstance(found, str) for found in completions(text))


def test_ten_thousand_runs_are_filtered_while_a_key_is_down() -> None:
    typed = parse("strategy:sgd step_size>=1e-3 -loss>0.5 b256 | tag:keep")
    runs = [BATCH] * 10_000
    best = 9.0
    for _ in range(3):
        begun = time.perf_counter()
        assert all(typed.matches(run, run.state) for run in runs)
        best = min(best, time.perf_counter() - begun)
    assert best < 0.5
