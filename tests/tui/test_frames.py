"""Frames of a replay without a terminal: the command, the files, and the same picture every time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.tui.dashboards import opened, raced
from tui.headless.frames import RenderJob, render
from tui.model.replay_opening import ReplayOpening
from tui.start.cli import group


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return raced(tmp_path_factory.mktemp("frames") / "runs.db")


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(group(), ["--db", str(path), "replay", *words])


def test_frames_are_the_same_every_time(path: Path) -> None:
    words = ("1", "2", "3", "--headless", "--fps", "2", "--speed", "1", "--size", "100x30")
    first, second = run(path, *words), run(path, *words)
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    frames = first.stdout.split("\f\n")
    assert len(frames) == 5  # two seconds at two frames a second, and the last one
    assert [frame.count("\n") for frame in frames] == [30] * 5
    for frame, done in zip(frames, (0, 50, 100, 150, 200), strict=True):
        assert f"iteration {done:>3}" in frame
    assert "finished" in frames[-1]
    assert not any("finished" in frame for frame in frames[:-1])
    assert "5 frames" in first.stderr


async def test_the_last_frame_is_the_live_screen_with_the_line_of_time_in_place_of_the_keys(path: Path) -> None:
    frames: list[str] = []
    await render(RenderJob(path, ReplayOpening((1, 2, 3), at=200.0), (120, 35)), lambda _, frame: frames.append(frame))
    async with opened(path, (120, 35)) as board:
        await board.until(lambda: "train loss" in board.text())
        await board.press("escape")  # puts the verdict of the race away
        header, *last = frames[-1].splitlines()[:-1]
        assert "REPLAY   3 runs" in header
        await board.until(lambda: [row.rstrip() for row in board.text().splitlines()][1:-1] == last)


def test_files_and_pictures(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    done = run(path, "1", "--headless", "--at", "50", "--frames", "2", "--format", "svg", "--out", str(folder))
    assert done.exit_code == 0, done.output
    assert [file.name for file in sorted(folder.iterdir())] == ["frame-00001.svg", "frame-00002.svg"]
    svg = (folder / "frame-00001.svg").read_text()
    assert svg.startswith("<svg")
    assert "iteration" in svg
    assert "url(" not in svg.replace("url(#", "")
    alone = run(path, "1", "--headless", "--at", "50", "--frames", "1", "--format", "svg")
    assert alone.stdout.strip() == svg.strip()


def test_a_moment_by_time_and_by_examples(path: Path) -> None:
    by_time = run(path, "1", "--headless", "--at", "0.05s", "--frames", "1")
    assert "by time" in by_time.stdout
    assert "iteration  50" in by_time.stdout
    by_examples = run(path, "1", "--headless", "--at", "20x", "--frames", "1")
    assert "by examples" in by_examples.stdout
    by_losses = run(path, "1", "--headless", "--at", "50e", "--frames", "1")
    assert "by evaluations" in by_losses.stdout
    assert "iteration  50" in by_losses.stdout


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("1", "--headless", "--at", "soon"), 2, "neither an iteration"),
        (("1", "--headless", "--speed", "0"), 2, "no speed"),
        (("1", "--headless", "--size", "10x10"), 2, "no size"),
        (("1", "--headless", "--format", "svg"), 2, "--out"),
        (tuple(map(str, range(1, 10))), 2, "At most 8"),
        (("99", "--headless"), 1, "no run 99"),
        ((), 2, "RUN"),
    ],
)
def test_what_cannot_be_done_is_one_message(path: Path, words: tuple[str, ...], code: int, sentence: str) -> None:
    done = run(path, *words)
    assert done.exit_code == code
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_without_a_terminal_it_names_the_headless_command(path: Path) -> None:
    words = [sys.executable, "-c", "from tui.start.cli import main; main()", "--db", str(path), "replay", "2"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "TERM": "dumb"})
    assert done.returncode == 2
    assert f"lossboard --db {path} replay 2 --headless" in done.stderr
