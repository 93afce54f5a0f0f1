"""The draft of a sweep and its form: whatever is entered, it is a plan that can be queued, or a field says why not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import FIELDS, RunSpec, defaults
from engine.sweep import MOST_VALUES, SWEEPABLE
from tui.model.sweep.sweep_draft import SweepDraft, offered
from tui.model.sweep.sweep_form import Start, SweepForm
from tui.model.sweep.sweep_range import DEFAULT_RANGES, SweepRange
from tui.presenting.axis_preview import axis_preview
from tui.widgets.sweep import lines

STARTS: tuple[Start, ...] = (
    (defaults(), None),
    (defaults("random-search"), 3),
    (defaults("local-search", "softmax"), 5),
    (defaults().changed(update="momentum", seconds=5.0, iterations=None), 4),
    (defaults().changed(dataset="spiral", pace=100.0, batch_size=32), 6),
)


def form(number: int = 0) -> SweepForm:
    """The dialog's form as it opens."""
    return SweepForm(SweepDraft.of(*STARTS[number]), STARTS)


def typed(entered: SweepForm, **texts: str) -> SweepForm:
    for name, text in texts.items():
        entered = entered.with_text(name, text)
    return entered


def error_of(entered: SweepForm, name: str) -> str:
    return entered.form().errors.get(name, "")


def test_batch_sizes_go_at_full_speed_unless_somebody_wants_to_watch_them() -> None:
    entered = SweepForm(SweepDraft.of(defaults().changed(pace=100.0)), ((defaults().changed(pace=100.0), None),))
    assert entered.draft.plan().spec.pace == 100.0
    batches = typed(entered, parameter="batch size")
    assert (batches.draft.range.field, batches.draft.plan().spec.pace) == ("batch_size", None)
    assert typed(batches, pace="100/s").draft.plan().spec.pace == 100.0


def test_no_batch_is_larger_than_the_data_set() -> None:
    batches = typed(form(4), parameter="batch size")
    assert batches.draft.range.values()[-1] == 256
    assert "600 is more than the 300 training examples" in error_of(typed(batches, values="32, 600"), "values")


ENTRIES = st.tuples(
    st.sampled_from([
        "parameter", "low", "high", "count", "scale", "values", "second", "low_2", "high_2", "count_2", "scale_2",
        "values_2", "iterations", "repeats", "fair", "pace", "start", "rungs", "keep",
    ]),
    st.one_of(
        st.integers(0, 20),
        st.sampled_from(["", "0", "1e-3", "1e", "abc", "32, full", "7", "-1", "nan", "1e999", "99999999999", "?"]),
    ),
)  # fmt: skip


@given(st.integers(0, 4), st.lists(ENTRIES, max_size=25), st.sampled_from([12, 40, 80]))
def test_whatever_is_entered_leaves_a_plan_or_a_field_that_says_why(
    number: int, entries: list[tuple[str, int | str]], width: int
) -> None:
    entered = form(number)
    for name, entry in entries:
        shown = entered.form()
        if not shown.shows(name):
            continue
        field = shown.field(name)
        if field.choices:
            entered = entered.with_text(
                name, field.choices[entry % len(field.choices) if isinstance(entry, int) else 0]
            )
        elif isinstance(entry, str):
            entered = entered.with_text(name, entry)
        elif field.steps:
            entered = entered.stepped(name, 1 if entry % 2 else -1)
        draft = entered.draft
        assert {one.field for one in draft.ranges} <= set(offered(draft.base))
        assert 0 <= draft.active < len(draft.ranges) <= 2
        shown = entered.form()
        assert all(
            shown.texts[field.name] in field.choices
            for field in shown.fields
            if field.choices and shown.shows(field.name)
        )
        plan = entered.plan()
        if plan is None:
            assert shown.wrong(), shown.errors
            assert shown.complaint()
        else:
            assert 1 <= plan.size == len(plan.members()) <= MOST_VALUES
        for one in draft.ranges:
            line, labels = axis_preview(one, width)
            assert len(line) == len(labels) in (0, width)


@pytest.mark.parametrize(
    "entries",
    [
        [("low", ""), ("values", "32, 64")],
        [("count", "abc"), ("values", "32, 64")],
        [("second", "batch size"), ("count_2", ""), ("scale_2", "list")],
    ],
)
def test_what_is_hidden_keeps_no_sweep_from_starting(entries: list[tuple[str, str]]) -> None:
    entered = form(0)
    for name, text in entries:
        entered = entered.with_text(name, text)
    assert entered.plan() is not None or entered.form().wrong()


@pytest.mark.parametrize("field", SWEEPABLE)
def test_every_field_begins_with_values_that_can_be_swept(field: str) -> None:
    swept = SweepRange.default(field)
    assert len(swept.values()) == swept.count > 1
    assert 1 < len(SweepRange.short_default(field).values()) <= 5
    assert set(DEFAULT_RANGES) == set(SWEEPABLE)


def test_three_arrow_keys_and_ten_runs() -> None:
    draft = SweepDraft.of(defaults()).with_low_moved(-1).with_low_moved(-1).with_high_moved(1)
    assert draft.plan().axes[0].ordered == tuple(float(f"1e{power}") for power in range(-6, 4))


@given(st.integers(1, 12))
def test_ends_come_back_exactly(moves: int) -> None:
    before = SweepDraft.of(defaults())
    after = before
    for by in [*[1] * moves, *[-1] * moves]:
        after = after.with_low_moved(by).with_high_moved(-by)
    assert after.ranges == before.ranges


@pytest.mark.parametrize(("texts", "name", "said"), [
    ({"low": "10", "high": "0.1"}, "low", "above the high end"),
    ({"low": "0"}, "low", "begins above 0"),
    ({"count": "100000"}, "count", "1 to 1,000 runs, not 100,000"),
    ({"values": "0.1, abc"}, "values", "'abc' is not a number"),
    ({"values": "0.1,,1"}, "values", "nothing between two commas"),
    ({"values": "0.1, 0.1"}, "values", "twice"),
    ({"values": "-1, 1"}, "values", "greater than 0"),
    ({"repeats": "100", "count": "50"}, "repeats", "1 to 1,000 runs"),
    ({"low": "abc"}, "low", "'abc' is not a number; write it like 1e-3"),
    ({"high": "nan"}, "high", "not a number"), ({"low": "1e999"}, "low", "not a number"),
    ({"count": "-3"}, "count", "not a number of values; 1 or more"),
    ({"count": "2.5"}, "count", "'2.5' is not a number of values; 1 or more"),
    ({"count": "x"}, "count", "'x' is not a number; write it like 10"),
    ({"iterations": "0"}, "iterations", "at least 1"), ({"iterations": "x"}, "iterations", "not a number"),
    ({"iterations": ""}, "iterations", "give a budget"),
    ({"repeats": "0"}, "repeats", "1 to 100"), ({"repeats": ""}, "repeats", "'' is not a number"),
    ({"repeats": "101"}, "repeats", "1 to 100"),
    ({"iterations": "3", "rungs": "3 rungs"}, "rungs", "3 iterations are too few for 3 rungs; give more iterations"),
])  # fmt: skip
def test_what_cannot_be_swept_is_said_beside_its_field(texts: dict[str, str], name: str, said: str) -> None:
    entered = typed(form(), **texts)
    assert said in error_of(entered, name)
    assert not re.match(r"\w+: ", error_of(entered, name))  # its label stands beside it
    assert entered.plan() is None
    assert entered.form().wrong() == [name]


def test_a_text_that_will_not_do_stays_until_it_is_mended() -> None:
    entered = typed(form(), low="1e", high="x")
    assert (entered.form().texts["low"], entered.form().texts["high"]) == ("1e", "x")
    assert entered.form().complaint() == "2 fields are wrong: low end, high end"
    mended = typed(entered, low="1e-3", high="10").plan()
    assert mended is not None
    assert (mended.axes[0].ordered[0], mended.axes[0].ordered[-1]) == (1e-3, 10.0)


def test_values_may_be_written_out_and_become_a_range_again_when_an_end_moves() -> None:
    entered = typed(form(), values="0.1, 3e-4, 2")
    assert entered.draft.plan().axes[0].ordered == (3e-4, 0.1, 2.0)
    assert not entered.form().shows("low")
    assert entered.draft.with_low_moved(-1).plan().axes[0].ordered[0] == 1e-5
    assert typed(entered, values="").draft.range == form().draft.range


def test_batch_sizes_are_powers_of_two_or_full() -> None:
    entered = typed(form(), parameter="batch size")
    assert entered.draft.plan().axes[0].ordered == tuple(2**power for power in range(10))
    assert len(entered.stepped("count", 1).draft.plan().axes[0].values) == 11
    assert typed(entered, count="3").draft.plan().axes[0].ordered == (1, 2, 4)
    assert typed(entered, values="32, full").draft.plan().axes[0].ordered == (32, None)


def test_a_race_has_its_rungs_where_its_share_is_left() -> None:
    draft = typed(form(), rungs="2 rungs", keep="1/3").draft
    assert draft.halving is not None
    assert (draft.halving.rungs, draft.halving.keep) == ((111, 333), 1 / 3)


def test_the_default_sweep_comes_back_with_the_settings_it_began_with() -> None:
    entered = typed(form(), start="run 6", parameter="batch size", second="step size", repeats="3")
    usual = entered.with_defaults()
    assert (usual.draft.origin, usual.draft.repeats, usual.draft.range.field) == (6, 1, "step_size")
    assert not any(map(usual.form().is_touched, usual.form().texts))


@pytest.mark.parametrize(("draft", "said"), [
    (SweepDraft.of(defaults()).with_list("0.1"), "1 run, 1,000 iterations, about 10 s with 1 worker"),
    (SweepDraft.of(defaults()), "7 runs, 7,000 iterations, about 40 s with 2 workers"),
    (SweepDraft.of(defaults().changed(pace=100.0)), "7 runs, 7,000 iterations, about 20 s with 4 workers"),
    (SweepDraft.of(defaults().changed(pace=1.0)), "7 runs, 7,000 iterations, about 33 min with 4 workers"),
    (SweepDraft.of(defaults().changed(pace=0.01)), "7 runs, 7,000 iterations, about 56 h with 4 workers"),
    # 7 values with two seeds each: 4 and then 2 values go on
    (SweepDraft.of(defaults()).with_rungs(2).repeated(1), "14 runs, 7,500 iterations at most"),
])  # fmt: skip
def test_what_enter_would_do_is_told_first(draft: SweepDraft, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.sweep.lines.cores", lambda: 2)
    told = lines.outlook(draft.plan(), rate=100.0, workers=4)
    assert said in "".join(text for text, _ in told)


def test_the_dialog_says_whose_settings_the_sweep_has_and_who_else_there_is() -> None:
    shown = form(4).form()
    assert shown.texts["start"] == "run 6"
    assert "the defaults" in shown.field("start").choices


def test_a_search_without_steps_is_swept_over_what_it_has() -> None:
    draft = SweepDraft.of(defaults("random-search"))
    assert draft.range.field in offered(draft.base)
    assert draft.range.field != "step_size"
    assert not draft.complaint()
    assert SweepDraft.of(defaults()).on(defaults("random-search"), 1).complaint() == ""


def test_every_field_that_is_offered_decides_something() -> None:
    for spec in (defaults(), defaults("local-search"), RunSpec(update="momentum", schedule="step")):
        chosen = {name: getattr(spec, name) for name in FIELDS}
        assert all(FIELDS[field].applies(chosen) for field in offered(spec))
