"""What a program logs, in the store: steps, names, values, what it is told, what it says of itself."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lossboard
from engine.store import open_for_reading, open_for_writing
from lossboard import current
from tests.logged.programs import logged
from tests.stores import query, wait_until

Start = Callable[..., lossboard.Run]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts runs into runs.db of the test's folder, and ends them with the test."""
    yield lambda *args, **given: lossboard.start(*args, **{"db": tmp_path / "runs.db", **given})
    if current._current is not None:
        current._current.finish()


def test_steps_come_in_any_order_merge_and_the_last_value_counts(start: Start, tmp_path: Path) -> None:
    run = start("any", config={"lr": 0.1, "nan": math.nan}, tags=["a", "b"], project="p", group="g", notes="n")
    run.log(loss=1.0)
    run.log({"loss": 2.0, "val": {"acc": 0.5}})
    run.log(loss=9.0, step=5)
    run.log({"acc": np.float32(0.25)}, step=5)
    run.log({"loss": 3}, extra=True)
    run.log({"loss": 4.0}, step=1)
    run.log({"held": 1}, commit=False)
    run.log(loss=7.0)
    run.log(loss=math.nan)
    run.log(loss=math.inf)
    run.log(loss=0.5, step=-3)
    run.evaluate("val", loss=0.25, accuracy=0.5)
    run.mark("unfroze layer 3", step=5)
    run.config["batch"] = 64
    run.summary.update(best=0.1)
    run.finish()
    run.log(loss=100.0)
    run.finish()
    assert logged(tmp_path) == {-3: 0.5, 0: 1.0, 1: 4.0, 5: 9.0, 6: 3.0, 7: 7.0, 8: None, 9: math.inf}
    assert logged(tmp_path, "acc") == {5: 0.25}
    assert logged(tmp_path, "val/acc") == {1: 0.5}
    assert (logged(tmp_path, "extra"), logged(tmp_path, "held")) == ({6: 1.0}, {7: 1.0})
    with closing(open_for_reading(tmp_path / "runs.db")) as reader:
        [stored] = reader.runs()
        assert (stored.name, stored.kind, stored.state, stored.tags, stored.note) == (
            "any",
            "logged",
            "finished",
            ("a", "b"),
            "n",
        )
        assert (stored.validation_loss, stored.validation_accuracy, stored.iterations_done) == (0.25, 0.5, 10)
        said = reader.logged_background(1)
        assert (said.project, said.group) == ("p", "g")
        assert json.loads(said.config) == {"lr": 0.1, "nan": "nan", "batch": 64}
        assert json.loads(said.summary) == {"best": 0.1}
        assert [(event.verb, event.iteration, event.outcome) for event in reader.events(1)] == [
            ("mark", 5, "unfroze layer 3")
        ]


CALLS = st.lists(
    st.tuples(st.sampled_from(["loss", "acc", "val/loss"]), st.none() | st.integers(-3, 30), st.floats(-9, 9)),
    max_size=80,
)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CALLS)
def test_what_is_stored_is_what_a_dictionary_would_hold(start: Start, tmp_path: Path, calls: list[Any]) -> None:
    run, held, after = start("dictionary"), dict[tuple[str, int], float](), 0
    for name, step, value in calls:
        run.log({name: value}, step=step)
        at = after if step is None else step
        held[name, at], after = value, max(after, at + 1)
    run.finish()
    for name in ("loss", "acc", "val/loss"):
        expected = {step: value for (metric, step), value in held.items() if metric == name}
        assert logged(tmp_path, name, run.number or 0) == expected


def test_a_bad_value_is_told_once_and_the_others_are_kept(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = start("bad")
    for _ in range(3):
        run.log(loss=1.0, text="high", many=np.ones(3), nothing=None)
    run.log(loss=2.0, step="late")  # type: ignore[arg-type]
    run.log(3)  # type: ignore[arg-type]
    run.log(loss=5.0, step=2**80)
    run.log({" ": 1.0})
    run.mark("here", step="late")  # type: ignore[arg-type]
    run.evaluate("test", loss="low")  # type: ignore[arg-type]
    run.evaluate("tets", loss=1.0)
    run.finish()
    assert logged(tmp_path) == {0: 1.0, 1: 1.0, 2: 1.0}
    told = capsys.readouterr().err.splitlines()
    assert [line.count("is not logged") for line in told] == [1, 1, 1, 0, 0, 1, 0, 0, 0]
    assert told[3] == "lossboard: a call of log() is left out: step: give a whole number, not 'late'"
    assert told[-1].endswith("split: give train, validation or test, not 'tets'")
    assert all(line.startswith("lossboard: ") for line in told)


def test_a_loop_is_steered_from_outside(start: Start, tmp_path: Path) -> None:
    run, path = start("steered"), tmp_path / "runs.db"
    rates = []
    for step in run.steps(1_000_000):
        rates.append(run.knob("lr", 0.1, low=1e-3, high=1.0))
        run.log(loss=1.0)
        run.log(acc=0.5)
        if step == 3:
            wait_until(lambda: query(path, "SELECT 1 FROM runs WHERE knobs <> ''") if path.exists() else False)
            with open_for_writing(path) as store:
                for verb, argument in (("pause", ""), ("set-knob", "lr=7"), ("resume", ""), ("stop", "")):
                    store.queue.command(1, verb, argument)
            wait_until(lambda: len(run._steered.told) == 4)
    run.finish()
    assert (step, rates) == (3, [0.1] * 4)
    assert logged(tmp_path) == dict.fromkeys(range(4), 1.0)
    with closing(open_for_reading(path)) as reader:
        told = [(command.verb, command.applied_at_iteration, command.outcome) for command in reader.commands(1)]
        knobs = json.loads(reader.logged_background(1).knobs)
    assert told == [
        ("pause", 3, "paused at step 3"), ("set-knob", 3, "lr 0.1 to 1"), ("resume", 3, "resumed at step 3"),
        ("stop", 3, "stopped at step 3"),
    ]  # fmt: skip
    assert query(path, "SELECT state, reason FROM runs") == [("cancelled", "stopped at step 3")]
    assert knobs == {"lr": {"value": 1.0, "low": 0.001, "high": 1.0}}
    assert run.knob("lr", 0.1) == 1.0


def test_a_pause_is_no_time_of_the_run(start: Start, tmp_path: Path) -> None:
    run = start("paused")
    run.log(loss=1.0)

    def observe() -> None:
        wait_until(lambda: run._steered.is_waiting)
        run.sample({"system/cpu": 1.0})
        run._steered.told.append({"id": 2, "verb": "resume", "argument": ""})

    run._steered.told.append({"id": 1, "verb": "pause", "argument": ""})
    observer = threading.Thread(target=observe)
    observer.start()
    assert not run.should_stop
    observer.join()
    run.sample({"system/cpu": 2.0})
    run.finish()
    assert logged(tmp_path, "system/cpu") == {0: 2.0}


def test_a_run_is_gone_on_with_where_it_ended(start: Start, tmp_path: Path) -> None:
    first = start("first", id="net")
    first.log(loss=1.0)
    first.log(loss=2.0)
    second = start("second", id="net", resume="allow")  # which ends the first
    assert [*second.steps(4)] == [2, 3]
    second.log(loss=3.0)
    second.finish()
    assert logged(tmp_path) == {0: 1.0, 1: 2.0, 4: 3.0}
    elapsed = [us for (us,) in query(tmp_path / "runs.db", "SELECT elapsed_us FROM measurements ORDER BY step")]
    assert elapsed == sorted(elapsed)


def test_module_functions_log_to_the_run_that_was_started_last(start: Start, tmp_path: Path) -> None:
    start("module")
    assert [*lossboard.steps(2)] == [0, 1]
    lossboard.log(loss=1.0)
    lossboard.mark("here")
    lossboard.evaluate("train", loss=2.0)
    assert (lossboard.knob("lr", 0.5), lossboard.should_stop()) == (0.5, False)
    lossboard.config["lr"] = np.float32(0.5)
    lossboard.summary.best = np.int64(2)
    lossboard.finish(3)
    assert logged(tmp_path) == {2: 1.0}
    told = query(tmp_path / "runs.db", "SELECT state, reason, exit_code, listens, config, summary FROM runs")
    assert told == [("failed", "its program ended with exit code 3", 3, 1, '{"lr": 0.5}', '{"best": 2}')]


def test_what_it_is_called_may_be_set_later_and_a_config_has_numbers(start: Start, tmp_path: Path) -> None:
    config = {"lr": np.float32(0.5), "layers": [np.int64(3)], "on": np.True_, "many": np.ones(2), "by": {(1, 2): 3}}
    run = start("before", config=config, tags=["a"])
    run.name, run.notes = "after", "by hand"
    run.tags += ("b",)
    with pytest.raises(TypeError, match="give a list of words"):
        run.tags = "c"
    assert (run.name, run.notes, run.tags) == ("after", "by hand", ("a", "b"))
    run.finish()
    with closing(open_for_reading(tmp_path / "runs.db")) as reader:
        [stored] = reader.runs()
        assert (stored.name, stored.note, stored.tags, stored.listens) == ("after", "by hand", ("a", "b"), 0)
        found = json.loads(reader.logged_background(1).config)
        assert found == {"lr": 0.5, "layers": [3], "on": True, "many": "[1. 1.]", "by": {"(1, 2)": 3}}


@pytest.mark.parametrize("how", ["mode", "LOSSBOARD_MODE", "RANK", "SLURM_PROCID"])
def test_a_silent_run_does_nothing(start: Start, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how != "mode":
        monkeypatch.setenv(how, "disabled" if how == "LOSSBOARD_MODE" else "1")
    with start("silent", **({"mode": "disabled"} if how == "mode" else {})) as run:
        assert [*run.steps(2)] == [0, 1]
        run.log(loss=1.0)
        run.mark("here")
        run.config["lr"] = 1
        assert run.knob("lr", 0.5) == 0.5
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": 3}, "name: give text, not int"),
        ({"tags": "cnn"}, "tags: give a list of words, not str"),
        ({"tags": [1]}, "tags: give text, not int"),
        ({"config": 3}, "config: give a dictionary"),
        ({"resume": "yes"}, "resume: give one of never, allow, must, not 'yes'"),
        ({"resume": "must"}, "needs the id of the run"),
        ({"mode": "online"}, "mode: give one of disabled, not 'online'"),
        ({"db": "/nowhere/at/all/runs.db"}, "the folder /nowhere/at/all does not exist"),
        ({"db": "/"}, "is a folder; name a file"),
        ({"db": 3}, "db: give a path, not int"),
    ],
)
def test_a_wrong_argument_is_one_sentence(start: Start, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises((ValueError, TypeError), match=sentence) as caught:
        start(**wrong)
    assert "\n" not in str(caught.value)


def test_a_row_of_many_metrics_is_whole(start: Start, tmp_path: Path) -> None:
    run = start("wide")
    wide = {f"m{place}": float(place) for place in range(3000)}
    run.log(wide)
    run.log(wide)
    run.finish()
    assert query(tmp_path / "runs.db", "SELECT count(*), sum(value) FROM measurements") == [
        (6000, 2 * sum(range(3000)))
    ]
