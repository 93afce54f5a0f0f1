"""The form for a new run: what it shows, what it refuses and in which words, what it starts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from textual.strip import Strip

from engine.spec import OBJECTIVES, STRATEGY_KINDS, SpecError, defaults, parse_field
from engine.store import Run, StoreFull
from tests.presence import present
from tests.tui.dashboards import Opened, opened, raced, stored_runs
from tui.app.actions import orders
from tui.colours.theme import FAILED
from tui.model.form.form import Form
from tui.model.form.run_drafts import NewRunDraft
from tui.model.messages import RunRejected, RunsQueued, RunSubmitted
from tui.screens.board import Board
from tui.screens.run_form import RunForm
from tui.terminal.textual_internals import rows_of
from tui.widgets.form.field_help import field_help
from tui.widgets.lines import Lines


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("engine.jobs.people.submit.start_workers", lambda path: 0)
    return raced(tmp_path / "runs.db")


def newest(path: Path) -> Run:
    return stored_runs(path)[0]


def tells(board: Opened, said: list[str]) -> bool:
    seen = " ".join(board.text().split())
    return all(one in seen for one in said)


def tabs(start: str, end: str) -> list[str]:
    """The tabs from one field of the default form to another."""
    form = NewRunDraft().form()
    shown = [field.name for field in form.fields if form.shows(field.name)]
    return ["tab"] * (shown.index(end) - shown.index(start))


async def test_enter_starts_the_defaults(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n", "enter")
        await board.until(lambda: board.all_of(RunsQueued))
        assert board.all_of(RunSubmitted)[0].spec == defaults()
        await board.until(lambda: isinstance(board.app.screen, Board))
        await board.until(lambda: "1 queued" in board.text())
        assert board.app.choices.pointed == 4
    assert newest(path).spec == defaults()


async def test_a_strategy_brings_its_defaults_and_hides_what_does_not_apply(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        assert "batch size" in board.text()
        assert "step size" in board.text()
        await board.press(*tabs("objective", "strategy"), "left")
        assert "local-search" in board.text()
        assert "batch size" not in board.text()
        assert "0.03" in board.text()
        await board.press("left")
        assert "random-search" in board.text()
        assert "step size" not in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    spec = newest(path).spec
    assert spec == defaults("random-search")
    assert spec.initial_scale == STRATEGY_KINDS["random-search"].defaults["initial_scale"]


async def test_an_objective_brings_its_defaults_of_choices_too(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n", *["right"] * (OBJECTIVES.index("mlp") - OBJECTIVES.index("svm")))
        assert "hidden layers     128,64" in board.text()
        assert "start             he" in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    assert newest(path).spec == defaults(objective="mlp")


REFUSED = (
    ("step_size", "abc"), ("step_size", "0"), ("step_size", "-1"), ("step_size", "nan"), ("step_size", "inf"),
    ("batch_size", "0"), ("batch_size", "2.5"), ("iterations", "0"), ("iterations", "many"), ("seed", "-1"),
    ("regularization_strength", "-0.1"), ("pace", "0"), ("delta", ""),
)  # fmt: skip


@pytest.mark.parametrize(("field", "text"), REFUSED)
def test_what_a_field_refuses_the_form_refuses_in_the_same_words(field: str, text: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_field(field, text)
    assert NewRunDraft().with_text(field, text).form().errors[field] in refused.value.message


async def test_what_will_not_do_is_said_beside_the_field_and_nothing_starts(path: Path) -> None:
    async with opened(path, (140, 35)) as board:
        await board.press("n")
        before = dict(board.form.form.texts)
        for field, text in (REFUSED[0], REFUSED[6], REFUSED[-1]):
            with pytest.raises(SpecError) as refused:
                parse_field(field, text)
            await board.fill(field, text)
            assert refused.value.message.partition(": ")[2][:30] in board.text(), (field, text)
            await board.press("tab", "enter")
            assert not board.all_of(RunSubmitted), (field, text)
            assert isinstance(board.app.screen, RunForm)
            assert board.form.focused == field
            await board.fill(field, before[field])
    assert len(stored_runs(path)) == 3


async def test_no_budget_at_all_is_said(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.fill("iterations", "none")
        assert "give a budget: iterations, seconds or both" in board.text()


async def test_a_batch_larger_than_the_data_is_refused_beside_its_field(path: Path) -> None:
    async with opened(path, (140, 35)) as board:
        await board.press("n")
        await board.fill("batch_size", "99999")
        await board.press("enter")
        assert "99,999 is more than the 1,198 training examples; write full" in board.text()
        assert not board.all_of(RunSubmitted)


async def test_what_only_the_data_can_tell_is_told_beside_the_field_too(path: Path, tmp_path: Path) -> None:
    async with opened(path, (140, 35)) as board:
        await board.press("n")
        await board.fill("dataset", str(tmp_path / "none.csv"))
        assert board.value("batch_size") == "full"
        await board.press("enter")
        await board.until(lambda: board.all_of(RunRejected))
        await board.until(lambda: isinstance(board.app.screen, RunForm) and "none.csv" in board.text())
        assert "▌!data set" in board.text()
    assert len(stored_runs(path)) == 3


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_help_of_the_focused_field_is_in_sight_with_its_choices(path: Path, size: tuple[int, int]) -> None:
    async with opened(path, size) as board:
        await board.press("n")
        form = NewRunDraft().form()
        for field in form.fields:
            if form.shows(field.name):
                assert board.form.focused == field.name
                said = [f"▌ {field.label}", field.help.split(":")[0][:15]]
                said += [f"› {form.texts[field.name]}"] if field.choices and size[1] >= 24 else []
                await board.until(partial(tells, board, said))  # the form may still be scrolling
                await board.press("tab")


@pytest.mark.parametrize(("size", "is_beside"), [((120, 35), True), ((80, 24), False)])
async def test_the_help_stands_where_it_stays_from_the_first_frame(
    path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], is_beside: bool
) -> None:
    drawn: list[tuple[bool, int]] = []

    def noted(form: Form, name: str, width: int, height: int, *, beside: bool) -> list[Strip]:
        drawn.append((beside, width))
        return field_help(form, name, width, height, beside=beside)

    monkeypatch.setattr("tui.widgets.form.form_pane.field_help", noted)
    async with opened(path, size) as board:
        await board.press("n")
        await board.until(lambda: drawn)
        assert set(drawn) == {(is_beside, 36 if is_beside else 80)}


async def test_what_scrolls_into_sight_is_seen_on_the_terminal(path: Path) -> None:
    async with opened(path, (40, 12)) as board:
        await board.press("n")
        for key in [*["tab"] * 12, *["shift+tab"] * 14]:
            await board.press(key)
            await board.until(lambda: board.app.output.is_open and board.text() == board.terminal.text())


async def test_every_field_in_error_is_marked_and_named(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.fill("step_size", "abc")
        await board.fill("iterations", "0")
        assert "2 fields are wrong: step size, iterations" in board.text()
        assert " !step size" in board.text()
        assert "▌!iterations" in board.text()
        segments = [segment for row in rows_of(board.app) for segment in row]
        wrong, right = (next(one for one in segments if text in one.text) for text in ("abc", "digits"))
        assert present(wrong.style).color == FAILED.color != present(right.style).color


async def test_the_defaults_come_back_with_a_key_and_what_was_typed_with_it_again(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        assert "ctrl r defaults" in board.text()
        await board.fill("step_size", "0.5")
        await board.press("tab", "shift+tab")
        assert "default 0.1" in board.text()
        await board.press("ctrl+r")
        assert board.value("step_size") == "0.1"
        assert "default 0.1" not in board.text()
        await board.press("ctrl+r")
        assert board.value("step_size") == "0.5"


async def test_a_data_set_is_chosen_or_typed_as_a_path(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n", "tab", "right", "right")
        assert board.value("dataset") == "spiral"
        await board.fill("dataset", "./q?.csv")
        await board.press("left", "left", "x")
        assert board.value("dataset") == "./q?.cxsv"


async def test_a_question_mark_is_no_text_in_a_number_but_is_one_in_a_name(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.fill("step_size", "0.5")
        await board.press("question_mark", "escape")  # the help
        assert board.value("step_size") == "0.5"


async def test_a_click_puts_the_cursor_into_a_text_and_changes_a_choice(path: Path) -> None:
    async with opened(path, (80, 24)) as board:
        await board.press("n")
        rows = [row[2:20].strip() for row in board.form.query_one("#rows", Lines).text().splitlines()]
        await board.pilot.click("#rows", offset=(21, rows.index("step size")))
        await board.type("\x1b[200~25\x1b[201~")
        assert board.value("step_size") == "025.1"
        await board.pilot.click("#rows", offset=(5, rows.index("standardize")))
        assert (board.form.focused, board.value("standardize")) == ("standardize", "no")
        await board.pilot.click("#rows", offset=(21, rows.index("standardize")))
        await board.until(lambda: board.value("standardize") == "yes")


@pytest.mark.parametrize("first", ["slash", "colon"])
async def test_texts_and_choices_stand_in_one_column_whatever_was_opened_before(path: Path, first: str) -> None:
    async with opened(path) as board:
        await board.press(first, "escape", "n")
        rows = [
            row for row in board.text().splitlines() if row[2:].startswith(("objective", "step size", "iterations"))
        ]
        assert len({len(row) - len(row[20:].lstrip()) for row in rows}) == 1


async def test_esc_goes_back_and_what_was_typed_is_there_again(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.fill("step_size", "0.25")
        await board.fill("name", "half q?")
        await board.press("escape")
        assert isinstance(board.app.screen, Board)
        await board.press("n")
        assert "0.25" in board.text()
        assert board.value("name") == "half q?"
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    run = newest(path)
    assert (run.name, present(run.spec).step_size) == ("half q?", 0.25)


async def test_keys_that_arrive_in_one_bunch_reach_their_fields(path: Path) -> None:
    async with opened(path) as board:
        await board.press("n")
        await board.pilot.press(
            *tabs("objective", "step_size"), *"1e", "minus", "2",
            *tabs("step_size", "batch_size"), *"64",
            *tabs("batch_size", "iterations"), *"500",
        )  # fmt: skip
        await board.pilot.pause()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))
    spec = present(newest(path).spec)
    assert (spec.step_size, spec.batch_size, spec.iterations) == (0.01, 64, 500)


async def test_a_run_that_cannot_be_queued_says_why_in_the_form(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFull("The disk is full: make room and try again.")

    async with opened(path) as board:
        with monkeypatch.context() as disk:
            disk.setattr(orders, "start", full)
            await board.press("n", "enter")
            await board.until(lambda: "The disk is full" in board.text())
            assert isinstance(board.app.screen, RunForm)
            assert "starting" not in board.text()
        await board.press("enter")
        await board.until(lambda: board.all_of(RunsQueued))


BOWL = "def bowl(W):\n    return (W**2).sum(), 2 * W\n\nbowl.size = 2\n"


async def test_a_function_of_ones_own_is_typed_and_that_is_a_yes(path: Path) -> None:
    """What was typed may run; what a store's default spec filled in may not, unless somebody has said so."""
    file = path.with_name("b.py")
    file.write_text(BOWL)
    async with opened(path) as board:
        await board.press("n")
        await board.type(f"\x1b[200~{file}:bow\x1b[201~")
        assert "is not known" not in board.text()
        await board.press("l", "enter")
        await board.until(lambda: board.all_of(RunsQueued))
        assert board.all_of(RunSubmitted)[0].named == {"objective"}
    spec = present(newest(path).spec)
    assert (spec.objective, spec.dataset, spec.label) == (f"{file}:bowl", "none", "gradient b.py:bowl")
    assert spec.code.startswith("objective=")
    assert NewRunDraft(spec).named == frozenset()
    assert NewRunDraft(spec).with_text("objective", "svm").named == {"objective"}
    file.write_text(BOWL + "# another\n")
    with pytest.raises(SpecError, match="nobody here has said yes to"):
        orders.start(path, NewRunDraft(spec).spec(), "", NewRunDraft(spec).named)


def test_a_test_function_hides_what_is_said_of_data() -> None:
    form = NewRunDraft().with_text("dataset", "spiral").with_text("objective", "ravine").form()
    assert not form.errors
    assert form.shows("dimensions")
    hidden = ("dataset", "batch_size", "regularization_strength", "patience", "sampling")
    assert not [name for name in hidden if form.shows(name)]
    half_typed = NewRunDraft().with_text("objective", "rav").form()
    assert list(half_typed.errors) == ["objective"]


async def test_a_widget_of_cells_refuses_a_padding_that_would_hide_its_rows(path: Path) -> None:
    padded = Lines(lambda width, _: [])
    padded.styles.padding = (0, 1)
    with pytest.raises(ValueError, match="instead of border and padding"):
        async with opened(path) as board:
            await board.app.screen.mount(padded)
