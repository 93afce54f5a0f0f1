"""The draft of a sweep: whatever keys come, it is a plan that can be queued, or says why it is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.spec import FIELDS, RunSpec, SpecError, defaults
from engine.sweep import MOST_VALUES, SWEEPABLE
from tui.model.sweep.sweep_draft import SweepDraft, offered
from tui.model.sweep.sweep_range import USUAL, SweepRange
from tui.presenting.axis_preview import axis_preview
from tui.widgets.sweep import lines

CHANGES: list[Callable[[SweepDraft], SweepDraft]] = [
    *(lambda draft, by=by: draft.with_low_moved(by) for by in (-1, 1)),
    *(lambda draft, by=by: draft.with_high_moved(by) for by in (-1, 1)),
    *(lambda draft, by=by: draft.recounted(by) for by in (-1, 1, 400)),
    *(lambda draft, by=by: draft.with_next_field(by) for by in (-1, 1)),
    *(lambda draft, by=by: draft.repeated(by) for by in (-1, 1)),
    *(lambda draft, by=by: draft.lasting(by) for by in (-2, 2)),
    SweepDraft.with_next_scale,
    SweepDraft.with_other_moves,
    SweepDraft.with_grid,
    SweepDraft.with_other_range,
    SweepDraft.with_other_seeds,
    SweepDraft.with_rungs,
    SweepDraft.with_next_keep,
    SweepDraft.with_other_pace,
    lambda draft: draft.on(defaults("random-search"), 3),
    lambda draft: draft.on(defaults("local-search", "softmax"), None),
    lambda draft: draft.on(defaults().changed(update="momentum", seconds=5.0, iterations=None), 4),
]  # fmt: skip


def test_batch_sizes_go_at_full_speed_unless_somebody_wants_to_watch_them() -> None:
    draft = SweepDraft.of(defaults().changed(pace=100.0))
    assert draft.plan().base.pace == 100.0
    batches = draft.with_next_field(1)
    assert (batches.range.field, batches.plan().base.pace) == ("batch_size", None)
    assert batches.with_other_pace().plan().base.pace is not None


TEXTS = {"low": "1e-4", "high": "1", "count": "5", "values": "", "iterations": "1000", "repeats": "1"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(CHANGES), max_size=40), st.sampled_from([12, 40, 80]))
def test_any_keys_leave_a_plan_or_a_reason(changes: list[Callable[[SweepDraft], SweepDraft]], width: int) -> None:
    draft = SweepDraft.of(defaults())
    for change in changes:
        draft = change(draft)
        assert {one.field for one in draft.ranges} <= set(offered(draft.base))
        assert 0 <= draft.active < len(draft.ranges) <= 2
    complaint = draft.complaint()
    if complaint:
        with pytest.raises(SpecError, match=r".+"):
            draft.plan()
    else:
        plan = draft.plan()
        assert 1 <= plan.size == len(plan.members()) <= MOST_VALUES
    for one in draft.ranges:
        line, labels = axis_preview(one, width)
        assert len(line) == len(labels) in (0, width)


@pytest.mark.parametrize("field", SWEEPABLE)
def test_every_field_begins_with_values_that_can_be_swept(field: str) -> None:
    swept = SweepRange.usual(field)
    assert len(swept.values()) == swept.count > 1
    assert 1 < len(SweepRange.brief(field).values()) <= 5
    assert set(USUAL) == set(SWEEPABLE)


def test_three_arrow_keys_and_ten_runs() -> None:
    draft = SweepDraft.of(defaults()).with_low_moved(-1).with_low_moved(-1).with_high_moved(1)
    assert draft.plan().axes[0].ordered == tuple(float(f"1e{power}") for power in range(-6, 4))


@given(st.integers(1, 12), st.booleans())
def test_ends_come_back_exactly(moves: int, fine: bool) -> None:
    before = SweepDraft.of(defaults())
    after = before.with_other_moves() if fine else before
    for by in [*[1] * moves, *[-1] * moves]:
        after = after.with_low_moved(by).with_high_moved(-by)
    assert after.ranges == before.ranges


@pytest.mark.parametrize(("texts", "said"), [
    ({"low": "10", "high": "0.1"}, "above the high end"),
    ({"low": "0"}, "begins above 0"),
    ({"count": "100000"}, "1 to 1,000 runs, not 100,000"),
    ({"values": "0.1, abc"}, "'abc' is not a number"),
    ({"values": "0.1,,1"}, "nothing between two commas"),
    ({"values": "0.1, 0.1"}, "twice"),
    ({"values": "-1, 1"}, "greater than 0"),
    ({"repeats": "100", "count": "50"}, "1 to 1,000 runs"),
])  # fmt: skip
def test_what_cannot_be_swept_is_said(texts: dict[str, str], said: str) -> None:
    draft = SweepDraft.of(defaults()).typed(TEXTS | texts)
    assert said in draft.complaint()


@pytest.mark.parametrize("texts", [
    {"low": "abc"}, {"high": "nan"}, {"low": "1e999"}, {"count": "-3"}, {"count": "2.5"}, {"count": "inf"},
    {"count": "x"}, {"iterations": "0"}, {"iterations": "x"}, {"repeats": "0"}, {"repeats": "101"},
    {"iterations": "none"},
])  # fmt: skip
def test_what_is_no_number_is_refused_where_it_was_typed(texts: dict[str, str]) -> None:
    with pytest.raises(SpecError):
        SweepDraft.of(defaults()).typed(TEXTS | texts)


def test_values_may_be_written_out_and_become_a_range_again_when_an_end_moves() -> None:
    draft = SweepDraft.of(defaults()).typed(TEXTS | {"values": "0.1, 3e-4, 2"})
    assert draft.plan().axes[0].ordered == (3e-4, 0.1, 2.0)
    assert draft.with_low_moved(-1).plan().axes[0].ordered[0] == 1e-5


def test_batch_sizes_are_powers_of_two_or_full() -> None:
    draft = SweepDraft.of(defaults()).with_next_field(1)
    assert draft.plan().axes[0].ordered == tuple(2**power for power in range(10))
    assert len(draft.recounted(1).plan().axes[0].values) == 11
    assert draft.typed(TEXTS | {"values": "32, full"}).plan().axes[0].ordered == (32, None)


def test_a_race_has_its_rungs_where_its_share_is_left() -> None:
    draft = SweepDraft.of(defaults()).with_rungs().with_rungs().with_next_keep()
    assert draft.halving is not None
    assert (draft.halving.rungs, draft.halving.keep) == ((111, 333), 1 / 3)
    short = SweepDraft.of(defaults().changed(iterations=3)).with_rungs().with_rungs().with_rungs()
    assert short.complaint() == "3 iterations are too few for 3 rungs; m changes how many there are"


@pytest.mark.parametrize(("texts", "said"), [
    ({"count": "x"}, "how many: 'x' is not a number; write it like 10"),
    ({"count": "2.5"}, "how many: '2.5' is not a number of values; 1 or more"),
    ({"low": "x"}, "low end: 'x' is not a number; write it like 1e-3"),
])  # fmt: skip
def test_what_is_no_number_is_named_as_the_dialog_names_it(texts: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError) as refused:
        SweepDraft.of(defaults()).typed(TEXTS | texts)
    assert refused.value.message == said


@pytest.mark.parametrize(("draft", "said"), [
    (SweepDraft.of(defaults()).typed(TEXTS | {"values": "0.1"}), "1 run, 1,000 iterations, about 10 s with 1 worker"),
    (SweepDraft.of(defaults()), "10 runs, 10,000 iterations, about 50 s with 2 workers"),
    (SweepDraft.of(defaults()).with_other_pace(), "10 runs, 10,000 iterations, about 25 s with 4 workers"),
    # 10 values with two seeds each: 5 and then 3 values go on
    (SweepDraft.of(defaults()).with_rungs().with_rungs().repeated(1), "20 runs, 10,500 iterations at most"),
])  # fmt: skip
def test_what_enter_would_do_is_told_first(draft: SweepDraft, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.sweep.lines.cores", lambda: 2)
    told = lines.outlook(draft.plan(), "", rate=100.0, workers=4)
    assert said in "".join(text for text, _ in told)


def test_the_dialog_says_whose_settings_the_sweep_has() -> None:
    rows = [row.text for row in lines.settings(SweepDraft.of(defaults(), origin=7), [7, None], 80)]
    assert any("run 7" in row and "also: the defaults" in row for row in rows)


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
