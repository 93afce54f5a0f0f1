"""Drafts of runs: what a new run, a fork and a repeated sweep begin with, and what becomes of what is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import datasets
from engine.spec import FIELDS, OBJECTIVES, STRATEGIES, RunSpec, SpecError, as_text, defaults, parse_field
from tui.model.form.form import Form
from tui.model.form.run_drafts import GROUPS, ChangeDraft, NewRunDraft, field_text, grouped


def test_every_field_of_a_run_stands_in_one_group() -> None:
    assert sorted(name for name, _ in grouped()) == sorted(name for name, field in FIELDS.items() if field.typed)
    assert len({title for _, title in grouped()}) == len(GROUPS)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_form_begins_with_the_defaults_of_what_is_chosen(strategy: str, objective: str) -> None:
    draft = NewRunDraft().with_text("strategy", strategy).with_text("objective", objective)
    assert draft.spec() == defaults(strategy, objective)
    assert draft.form().errors == {}


def test_a_default_batch_is_never_larger_than_the_data_set() -> None:
    for dataset in ("digits", "three-points", "spiral", "spiral:2"):
        spec = NewRunDraft().with_text("dataset", dataset).spec()
        assert spec.batch_size is None or spec.batch_size <= datasets.train_examples(dataset)  # type: ignore[operator]
    assert NewRunDraft().with_text("dataset", "three-points").form().texts["batch_size"] == "full"


@pytest.mark.parametrize("dataset", ["digits", "three-points", "spiral", "spiral:4"])
def test_the_number_of_training_examples_is_known_without_reading_them(dataset: str) -> None:
    assert datasets.train_examples(dataset) == len(datasets.load(dataset).splits["train"])


def test_numbers_are_written_as_people_write_them_and_none_is_an_empty_field() -> None:
    texts = NewRunDraft().form().texts
    assert (texts["divergence_factor"], texts["seconds"], texts["pace"], texts["patience"]) == ("1e6", "", "", "")
    assert NewRunDraft(defaults().changed(pace=100.0)).form().texts["pace"] == "100"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_people_write_it_is_the_same_number(value: float) -> None:
    assert float(as_text(value)) == value


def test_what_none_means_is_said_of_an_empty_field() -> None:
    form = NewRunDraft().form()
    assert form.field("pace").help == "Iterations per second, to watch. Empty: none (full speed)."
    assert form.field("seconds").help == "Budget in seconds. Empty: none."


def test_what_the_store_begins_with_is_the_default() -> None:
    own = defaults().changed(step_size=0.3, batch_size=64)
    assert NewRunDraft(own).spec() == own
    touched = NewRunDraft(own).with_text("step_size", "0.5")
    assert touched.form().is_touched("step_size")
    assert not touched.form().is_touched("batch_size")
    assert touched.with_defaults().spec() == own


@given(
    st.sampled_from([*FIELDS, "iteration", "name"]),
    st.sampled_from(
        ["", "none", "0", "1e-3", "abc", "full", "-1", "10", "adam", "spiral:4", "spiral:", "x/y.csv", "?"]
    ),
    st.booleans(),
)
def test_whatever_is_typed_leaves_a_run_or_a_field_that_says_why(name: str, text: str, forks: bool) -> None:
    draft: NewRunDraft | ChangeDraft = ChangeDraft.of_fork(defaults(), (0, 200), 200) if forks else NewRunDraft()
    form = draft.form()
    if name not in form.texts or not form.shows(name) or (form.field(name).choices and not form.field(name).open):
        return
    form = draft.with_text(name, text).form()
    assert all(form.shows(wrong) for wrong in form.errors), form.errors
    assert bool(form.complaint()) == bool(form.errors)
    if isinstance(draft, NewRunDraft) and not form.errors:
        draft.with_text(name, text).spec()


def changes_of(before: RunSpec, at: int, **texts: str) -> tuple[dict[str, str], Form]:
    draft = ChangeDraft.of_fork(before, (0, 500), at)
    for name, text in texts.items():
        draft = draft.with_text(name, text)
    return draft.changes(), draft.form()


@pytest.mark.parametrize(("planned", "at", "proposed"), [(500, 500, "1000"), (500, 300, "500"), (200, 500, "700")])
def test_a_fork_at_the_end_goes_on_for_as_many_iterations_again(planned: int, at: int, proposed: str) -> None:
    _, form = changes_of(defaults().changed(iterations=planned), at)
    assert form.texts["iterations"] == proposed
    assert form.errors == {}


def test_only_what_differs_is_changed() -> None:
    changed, _ = changes_of(defaults(), 300, update="momentum", step_size="0.1 ", name=" mine ")
    assert changed == {"iteration": "300", "name": "mine", "update": "momentum"}
    earlier, _ = changes_of(defaults().changed(iterations=500), 500, iteration="100")
    assert earlier == {"iteration": "100", "name": ""}


@pytest.mark.parametrize(("at", "in_force"), [("99", "0.1"), ("100", "0.5"), ("250", "0.05"), ("", "0.05")])
def test_a_fork_goes_on_with_the_step_size_that_was_in_force_where_it_begins(at: str, in_force: str) -> None:
    steered = [(100, 0.2), (100, 0.5), (200, 0.05)]
    draft = ChangeDraft.of_fork(defaults(), (0, 500), 300, steered=steered).with_text("iteration", at)
    assert draft.form().texts["step_size"] == in_force
    assert "step_size" not in draft.changes()
    assert not draft.form().is_touched("step_size")
    back = draft.with_text("step_size", "0.1").changes()
    assert back.get("step_size") == (None if in_force == "0.1" else "0.1")  # the spec's own, once more


@pytest.mark.parametrize("at", ["", "501", "-1", "2.5", "x"])
def test_a_fork_begins_where_its_parent_has_been(at: str) -> None:
    _, form = changes_of(defaults(), 300, iteration=at)
    assert "a whole number from 0 to 500" in form.errors["iteration"]


def test_a_repeated_sweep_does_not_ask_for_what_is_swept() -> None:
    draft = ChangeDraft.of_repetition(defaults(), {"step_size"})
    assert "step_size" not in {field.name for field in draft.form().fields}
    assert draft.changes() == {}
    assert draft.with_text("update", "adam").changes() == {"update": "adam"}


@given(st.sampled_from([name for name, field in FIELDS.items() if field.typed]))
def test_a_field_that_may_be_empty_says_so_and_an_empty_one_means_none(name: str) -> None:
    field = NewRunDraft().form().field(name)
    try:
        is_optional = parse_field(name, "") is None and name != "batch_size"
    except SpecError:
        is_optional = False
    assert field.optional == is_optional
    assert is_optional == ("Empty: none" in field.help)
    assert not is_optional or field_text(name, None) == ""
