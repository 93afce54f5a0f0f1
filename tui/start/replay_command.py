"""`lossboard replay RUN...`: past runs played back in the dashboard, or as frames for documents and lectures."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from engine.commands.typed.values import RUN
from engine.files.program import store_command
from tui.start.startup import appearance, dashboard, refuse_without_terminal

MOST_RUNS = 8
SIZE = re.compile(r"(\d{1,4})x(\d{1,4})")
PAGE = "\f\n"
"""Separator of frames on standard output."""

PLACE = re.compile(r"(\d+(?:\.\d+)?)([sxe]?)")


class PositionType(click.ParamType[tuple[float, str]]):
    """A position as (value, unit): an iteration (1234), a second of the replay (12.5s), examples (25600x) or
    losses (900e)."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, str]:
        """The value and '', 's', 'x' or 'e'."""
        found = PLACE.fullmatch(str(value).strip())
        if found is None:
            self.fail(
                f"{value!r} is neither an iteration (1234), a second (12.5s), nor a number of examples (25600x) or of "
                f"losses (900e)"
            )
        return float(found[1]), found[2]


class SizeType(click.ParamType[tuple[int, int]]):
    """COLUMNSxROWS in cells."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Columns and rows."""
        found = SIZE.fullmatch(str(value).strip())
        if found is None or not (40 <= int(found[1]) <= 400 and 12 <= int(found[2]) <= 200):
            self.fail(f"{value!r} is no size from 40x12 to 400x200")
        return int(found[1]), int(found[2])


class SpeedType(click.ParamType[float]):
    """A factor of the speed: 4, 0.125, 1/8, x16."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The factor."""
        over, _, under = str(value).strip().removeprefix("x").replace(",", "").partition("/")
        try:
            speed = float(over) / float(under or 1)
        except (ValueError, ZeroDivisionError):
            speed = 0.0
        if not 1e-4 <= speed <= 1e6:
            self.fail(f"{value!r} is no speed from 1/10000 to 1000000")
        return speed


@click.command("replay")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=RUN)
@click.option(
    "--at",
    "place",
    type=PositionType(),
    help="The moment to begin at: an iteration, 12.5s, 25600x (examples) or 900e (losses evaluated).",
)
@click.option(
    "--speed", type=SpeedType(), help="How many times as fast: 4, 1/8. By default the replay takes about 10 s."
)
@click.option(
    "--clock",
    type=click.Choice(["iteration", "time", "examples", "evaluations"]),
    default="iteration",
    show_default=True,
    help="By iteration, by time as it happened, by examples seen or losses evaluated.",
)
@click.option("--alone", is_flag=True, help="The last of the runs alone, with its weights and all about it.")
@click.option("--headless", is_flag=True, help="Write frames instead of opening the dashboard.")
@click.option(
    "--fps",
    metavar="NUMBER",
    type=click.FloatRange(0.01, 1000),
    default=10.0,
    show_default="10",
    help="Frames per second.",
)
@click.option("--frames", metavar="N", type=click.IntRange(1), help="At most so many frames.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["text", "svg"]),
    default="text",
    show_default=True,
    help="The format of a frame.",
)
@click.option("--size", type=SizeType(), default="120x35", show_default=True, help="The size of a frame, in cells.")
@click.option("--out", type=click.Path(file_okay=False), help="A folder for numbered files, made if there is none.")
@click.pass_obj
def command(
    db: str, runs: tuple[int, ...], place: tuple[float, str] | None, speed: float | None, clock: str, alone: bool,
    headless: bool, fps: float, frames: int | None, kind: str, size: tuple[int, int], out: str | None,
) -> None:  # fmt: skip
    """Play past runs back, on one clock, exactly as the live dashboard would have shown them.

    With --headless it writes frames: text to standard output, with a form feed between two, or numbered files into
    a folder. The same store gives the same frames.
    """
    run_ids = tuple(dict.fromkeys(runs))
    if len(run_ids) > MOST_RUNS:
        raise click.UsageError(f"At most {MOST_RUNS} runs are played back at once; these are {len(run_ids)}.")
    value, unit = place or (None, "")
    clock = {"s": "time", "x": "examples", "e": "evaluations"}.get(unit, clock)
    opening = {"run_ids": run_ids, "kind": clock, "at": value, "of_clock": bool(unit), "speed": speed, "alone": alone}
    if headless:
        if kind == "svg" and out is None and frames != 1:
            raise click.UsageError("Pictures need a folder: --out DIRECTORY (or --frames 1, to standard output).")
        _check(db, run_ids)
        _write(Path(db), opening, fps, frames, kind, size, out)
        return
    ids = " ".join(map(str, run_ids))
    refuse_without_terminal(f"{store_command(f'replay {ids} --headless')} instead")
    from tui.start import signals

    signals.block()  # before the store imports NumPy
    _check(db, run_ids)
    raise SystemExit(dashboard(Path(db), **appearance(click.get_current_context()), replay=opening))


def _check(db: str, run_ids: tuple[int, ...]) -> None:
    from engine.commands.options import reading

    with reading(db) as reader:
        for run_id in run_ids:
            reader.the_run(run_id)


def _write(
    path: Path, opening: dict[str, Any], fps: float, most: int | None, kind: str, size: tuple[int, int], out: str | None
) -> None:
    import asyncio

    from engine.commands.options import people_errors
    from tui.headless.frames import RenderJob, render
    from tui.model.replay_opening import ReplayOpening

    folder = None if out is None else Path(out)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)

    stream = sys.stdout  # Textual redirects sys.stdout while an app runs

    def keep(number: int, frame: str) -> None:
        if folder is not None:
            (folder / f"frame-{number:05d}.{'txt' if kind == 'text' else 'svg'}").write_text(frame, encoding="utf-8")
        else:
            stream.write(f"{PAGE if number > 1 else ''}{frame}\n")
            stream.flush()

    with people_errors():
        count = asyncio.run(render(RenderJob(path, ReplayOpening(**opening), size, fps, most, kind), keep))
    click.echo(f"{count} frame{'s' if count > 1 else ''}{'' if folder is None else f' in {folder}'}", err=True)
