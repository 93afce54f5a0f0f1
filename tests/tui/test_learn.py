"""The tour: its scenes are played with the keys they name, are noticed by what is there, and go on where they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.jobs.people.submit import submit
from engine.spec import RunSpec
from engine.store import StoreBusy
from engine.text import loss_text
from tests.presence import present
from tests.tui.dashboards import Opened, opened, stored_runs
from tests.tui.sweeps import without_workers, work
from tui.model import keymap
from tui.model.learning.observed import TAG, Observed
from tui.model.learning.progress import NOT_BEGUN, Progress
from tui.presenting.learning.scenes import NAMES, SCENES
from tui.presenting.learning.tour import Told, begun, followed, listed, told, turned
from tui.start import cli, learn_command, replay_command
from tui.view_state import saved_view
from tui.widgets.teaching.scene_lines import SceneLines, scene_lines

SHORT = 12
"""Iterations of a run of the tour here."""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No store yet; runs of the tour are short and wait for `work`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    without_workers(monkeypatch)

    def start(path: Path, runs: Sequence[tuple[str, RunSpec]], tag: str) -> tuple[int, ...]:
        short = [spec.changed(pace=None, iterations=1 if spec.kind.is_costly else SHORT) for _, spec in runs]
        return tuple(submit(path, short, names=[name for name, _ in runs], tags=(tag,)))

    monkeypatch.setattr("tui.app.actions.orders.start_named", start)
    return tmp_path / "runs.db"


def seen(board: Opened) -> Told:
    """What the tour tells on the screen in front."""
    lines = board.app.screen.query(SceneLines)
    assert lines
    return present(lines.first().told)


async def told_on(board: Opened, keys: str) -> None:
    """Until the tour names these keys."""
    await board.until(lambda: seen(board).keys == keys and (seen(board).does in board.text()))


NAMED = {"I 5": ("I", "5"), "x": ("x", "x", "x")}
"""What is pressed for keys that are pressed one after the other, or again and again."""


async def test_all_scenes_are_played_with_the_keys_that_they_name(path: Path) -> None:
    async with opened(path) as board:
        await board.press("N")
        for number, scene in enumerate(SCENES, start=1):
            await board.until(lambda: seen(board).number == number)  # noqa: B023
            for step in scene.steps:
                is_passed = board.app.learning.progress.step > scene.steps.index(step)
                if is_passed:
                    continue  # what is there already is not asked for again
                await told_on(board, step.keys)
                assert not step.done(board.app.learning._seen())
                if step.keys:
                    await board.press(*NAMED.get(step.keys, (step.keys,)))
                elif not board.app.is_replaying:
                    await work(path)
                else:
                    await board.press(*["full_stop"] * SHORT)
                await board.until(lambda: step.done(board.app.learning._seen()), 20)  # noqa: B023
            await board.until(lambda: seen(board).is_done)
            assert scene.name in board.app.learning.progress.learned
            assert seen(board).says
            await board.until(lambda: all(word in board.text() for word in seen(board).says.split()[:8]))
            await board.press("N")
        assert seen(board).keys == "Q"
        assert all(TAG in run.tags for run in stored_runs(path))
        runs = {run.name: run for run in stored_runs(path) if run.sweep_id is None}
        assert set(runs) == {name for scene in SCENES for name, _ in scene.runs}
        losses = [loss_text(runs[name].train_loss or 0.0) for name, _ in SCENES[-1].runs]
        assert all(loss in seen(board).says for loss in losses)
        await board.press("Q")
        assert not board.app.screen.query(SceneLines)


async def test_scenes_are_skipped_and_the_tour_goes_on_where_it_was_left(path: Path) -> None:
    async with opened(path, (80, 24)) as board:
        await board.press("F", "Q")
        assert "Four ways down" in board.text()
        await board.press("N")
        assert "1/8 Random search" in board.text()
        assert "Four ways down" not in board.text()
        await board.press("N", "N", "F")
        assert "2/8 Random local search" in board.text()
    assert saved_view.load(path).scene == "local search"
    async with opened(path, (80, 24)) as board:
        board.app.learning.begin()
        await board.until(lambda: "2/8 Random local search" in board.text())
        await board.press("Q")
        assert "N goes on with scene 2" in board.text()
        board.app.learning.begin(7)
        await board.until(lambda: "7/8 Along the ravine" in board.text())


async def test_enter_starts_the_runs_once_and_again_only_where_that_failed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [True]
    from tui.app.actions import orders

    started = orders.start_named

    def start(path: Path, runs: Sequence[tuple[str, RunSpec]], tag: str) -> tuple[int, ...]:
        if fails and fails.pop():
            raise StoreBusy("The store is busy.")
        return started(path, runs, tag)

    monkeypatch.setattr("tui.app.actions.orders.start_named", start)
    async with opened(path) as board:
        await board.press("N", "enter")
        await board.until(lambda: "The store is busy." in board.text())
        assert stored_runs(path) == []
        await board.press("enter", "enter")
        await board.until(lambda: seen(board).keys == "")
        assert [run.name for run in stored_runs(path)] == ["random search"]
        await board.press("question_mark")
        await board.until(lambda: seen(board).does == "until it has ended")
        await board.press("escape", "s")
        await board.until(lambda: not seen(board).turns)
        await board.press("N", "Q")
        assert "1/8 Random search" in board.text()


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (40, 12)])
async def test_the_tour_stands_above_the_keys_and_covers_nothing(path: Path, size: tuple[int, int]) -> None:
    async with opened(path, size) as board:
        await board.press("N")
        await board.until(lambda: "enter: guess 400 places" in board.text())
        rows = board.text().splitlines()
        at = next(row for row, line in enumerate(rows) if "enter: guess" in line)
        assert at == size[1] - 2
        assert "0 running" in rows[0]
        assert "? help" in rows[-1] or size[0] < 60
        above = next(row for row, line in enumerate(rows) if "1/8" in line)
        assert at - above <= {35: 4, 24: 3, 12: 0}[size[1]]
        assert any("nothing to draw" in line for line in rows[:above])


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("height", [1, 4, 6])
def test_every_sentence_fits_and_what_is_to_be_done_is_whole(width: int, height: int) -> None:
    for number, scene in enumerate(SCENES, start=1):
        for step in scene.steps:
            brief = step.brief or step.does
            shown = Told(number, len(SCENES), scene.title, step.says, step.keys, step.does, brief)
            rows = scene_lines(shown, width, height)
            assert len(scene_lines(shown, width, len(rows))) == len(rows) <= height
            assert all(row.cell_length == width for row in rows)
            assert step.does in rows[-1].text or (width < 80 and (brief in rows[-1].text or height > 1))
            assert (
                height < 6
                or width < 120
                or all(word in " ".join(row.text for row in rows) for word in step.says.split())
            )


def test_scenes_name_keys_that_are_there_and_runs_that_differ() -> None:
    known = {keymap.NAMES.get(key, key) for one in keymap.KEYS for key in one.keys}
    assert {key for scene in SCENES for step in scene.steps for key in step.keys.split()} <= known
    names = [name for scene in SCENES for name, _ in scene.runs]
    assert len(names) == len(set(names))
    assert len(NAMES) == len(set(NAMES)) == learn_command.SCENES
    for place, scene in enumerate(SCENES):
        assert scene.steps[0].keys == "enter"
        assert set(scene.beside) <= {name for before in SCENES[:place] for name, _ in before.runs}


def test_progress_goes_from_scene_to_scene_and_begins_anew_at_the_end() -> None:
    assert followed(NOT_BEGUN, Observed()) == NOT_BEGUN
    assert told(NOT_BEGUN, Observed()).keys == "enter"
    assert told(NOT_BEGUN, Observed(place="inspector")).keys == "esc"
    assert begun(Progress("gradient", learned=("gradient",))).scene == "gradient check"
    assert begun(Progress(NAMES[-1], learned=NAMES[1:])).scene == NAMES[0]
    assert begun(Progress(NAMES[-1], learned=NAMES)).scene == NAMES[0]
    assert begun(Progress("what another version had")).scene == NAMES[0]
    assert turned(Progress(NAMES[-1], 2), 1) == Progress(NAMES[-1], 2)
    assert turned(Progress("gradient", 2), -1) == Progress("local search")


def test_the_list_and_the_refusal_need_no_terminal(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def command(*arguments: str) -> int:
        with pytest.raises(SystemExit) as left:
            cli.main(["--db", str(path), "learn", *arguments])
        return int(left.value.code or 0)

    assert command() == 2
    assert "needs a terminal" in (refused := capsys.readouterr().err)
    assert "learn --list" in refused
    assert command("--list") == 0
    assert capsys.readouterr().out.splitlines()[0] == "1  Random search            next"
    assert not path.exists()
    cli.set_workers(str(path), 1)
    saved_view.save(path, saved_view.View(scene="local search", learned=("random search",)))
    assert command("--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["done", "next"]
    assert len(lines) == len(listed(NOT_BEGUN)) == len(SCENES)
    assert command("--list", "--json") == 0
    assert '"done": true' in capsys.readouterr().out


@pytest.mark.parametrize("words", [("learn",), ("replay", "1")])
def test_what_was_said_of_the_dashboard_holds_for_the_command_that_opens_it(
    path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[object] = []

    def opened(path: Path, theme: str = "", *, ascii_only: bool = False, **_: object) -> int:
        said.append((theme, ascii_only))
        return 0

    for module in (learn_command, replay_command):
        monkeypatch.setattr(module, "dashboard", opened)
        monkeypatch.setattr(module, "refuse_without_terminal", lambda alternative: None)
        monkeypatch.setattr(module, "_check", lambda *_: None, raising=False)
    monkeypatch.setattr("tui.start.signals.block", lambda: None)
    for before in (["--theme", "light", "--ascii"], []):
        with pytest.raises(SystemExit):
            cli.main([*before, "--db", str(path), *words])
    assert said == [("light", True), ("", False)]
