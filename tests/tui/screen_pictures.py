"""Pictures of the screen as text: what stands in every cell, then in which ink, so that a difference can be read."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
from pyte.screens import Char

from engine.jobs.processes.launch import WORKERS
from engine.spec import RunSpec, defaults
from engine.store import Evaluation, open_for_writing
from engine.strategy import optimize
from engine.trace.block import Block
from tests.stores import SECONDS_PER_ITERATION, process
from tests.tui.emulator import Emulator

HERE = Path(__file__).parent / "pictures"
ACCEPT = "ACCEPT_PICTURES"
HOW = f"If it should look so: {ACCEPT}=1 pytest tests/tui/test_pictures.py, and read what git says of the change."
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ATTRIBUTES = ("bold", "italics", "underscore", "strikethrough", "reverse")
ITERATIONS = 300

SPECS = {
    "": defaults("random-search").changed(iterations=ITERATIONS),
    "down hill": defaults("local-search").changed(iterations=ITERATIONS),
    "small steps": defaults().changed(iterations=ITERATIONS, step_size=0.01),
    "too large": defaults().changed(iterations=ITERATIONS, step_size=300.0),
}
"""The runs of the pictures, oldest first, by the names that they were given."""


def store_of_real_runs(path: Path) -> Path:
    """A store of finished runs of the real engine, with a fixed seed and a clock that ticks once per iteration."""
    with open_for_writing(path) as store:
        store.settings.set(WORKERS, "4")
        for number, (name, spec) in enumerate(SPECS.items(), 1):
            store.queue.add([spec], names=[name] if name else None)
            claim = store.queue.claim(store.register_worker(process(number)))
            assert claim is not None
            block, evaluations = _run(spec)
            store.writer(claim).finish(block=block, evaluations=evaluations)
    return path


def _run(spec: RunSpec) -> tuple[Block, list[Evaluation]]:
    optimization = optimize.build(spec)
    state, block = optimization.advance(optimization.start(), ITERATIONS)
    evaluations = [
        Evaluation(ITERATIONS, split, *optimization.evaluate(state.weights, split)) for split in ("train", "validation")
    ]
    elapsed = SECONDS_PER_ITERATION * np.arange(1, len(block) + 1, dtype=np.float64)
    return replace(block, elapsed_s=elapsed), evaluations


def picture_of(terminal: Emulator) -> str:
    """A terminal as text, its inks, and what each of these is."""
    styles: dict[str, str] = {}
    rows = []
    for cells in _rows(terminal):
        letters = [styles.setdefault(_style_of(cell), LETTERS[len(styles) % len(LETTERS)]) for cell in cells]
        rows.append("".join(letters))
    text = "\n".join(line.rstrip() for line in terminal.text().splitlines())
    meaning = "\n".join(f"{letter}  {style}" for style, letter in styles.items())
    return f"{text}\n\n{'-' * terminal.screen.columns}\n{chr(10).join(map(_short, rows))}\n\n{meaning}\n"


def _rows(terminal: Emulator) -> list[list[Char]]:
    screen = terminal.screen
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


def _style_of(cell: Char) -> str:
    """How a cell looks; of a blank only what can be seen."""
    attributes = [name for name in ATTRIBUTES if getattr(cell, name)]
    is_blank = cell.data == " " and not {"underscore", "reverse"} & set(attributes)
    parts = [f"on {cell.bg}"] if is_blank else [cell.fg, f"on {cell.bg}", *attributes]
    return " ".join(parts)


def _short(letters: str) -> str:
    """Runs of one letter counted: aaaab is 4a b."""
    return " ".join(f"{len(list(group))}{letter}" for letter, group in groupby(letters))


def compare(name: str, terminal: Emulator) -> None:
    """Fail unless the terminal looks as in the picture that is kept; with ACCEPT set, keep it as it looks now."""
    file, seen = HERE / f"{name}.txt", picture_of(terminal)
    if os.environ.get(ACCEPT):
        HERE.mkdir(exist_ok=True)
        file.write_text(seen)
    assert file.exists(), f"there is no picture {file.name} yet. {HOW}"
    kept = file.read_text().splitlines()
    changed = [f"-{a}\n+{b}" for a, b in zip(kept, seen.splitlines(), strict=False) if a != b]
    assert seen == file.read_text(), f"{name} looks different:\n" + "\n".join(changed[:20]) + f"\n{HOW}"
