"""WeightsReader: reads the weights of the run whose details are shown, once per checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.spec import is_path, short_name
from engine.spec.choices import OF_EXAMPLES
from engine.store import Reader, Run
from engine.store.records.runs import OF_KIND
from tui.model.run_seen import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 32 << 20
"""Largest checkpoint, and largest new file of examples, that is read: a larger one would delay all other reads."""


class WeightsReader:
    """Reads the weights of one run at a time, and again only when a newer checkpoint exists or its file has changed."""

    def __init__(self) -> None:
        self._held: Weights | None = None
        self._file: tuple[int, int] | None = None

    def read(self, reader: Reader, run: Run, done: int | None = None) -> Weights | None:
        """Return the newest stored weights at or before `done` iterations (None: of all); None without any."""
        found = reader.checkpoint_size(run.run_id, done)
        if found is None:
            return None
        iteration, size = found
        held, file = self._held, _stamp(run)
        if held is None or (held.run_id, held.iteration, self._file) != (run.run_id, iteration, file):
            self._held = held = _read(reader, run, iteration, size)
            self._file = file
        return held


def flat_weights(reader: Reader, run_id: int, iteration: int | None = None) -> tuple[int, NDArray[Any]] | None:
    """Return (iterations done, weights of shape (size,)) of the newest checkpoint at or before `iteration`.

    Returns None without one. Raises ValueError: when it cannot be decoded.
    """
    from engine.trace.state import state_from_bytes

    found = reader.checkpoint(run_id, iteration)
    return None if found is None else (found[0], state_from_bytes(found[1]).weights)


def _stamp(run: Run) -> tuple[int, int] | None:
    """Size and time of change of a run's own file; None without one."""
    if run.spec is None or not is_path(run.spec.dataset):
        return None
    try:
        status = Path(run.spec.dataset).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _read(reader: Reader, run: Run, iteration: int, size: int) -> Weights:
    from engine.analysis.templates import templates
    from engine.jobs.people.kept_weights import changed_file

    if run.spec is None:
        trouble = f"it {OF_KIND[run.kind]}" if run.kind in OF_KIND else "this version cannot read its spec"
        return Weights(run.run_id, iteration, trouble=trouble)
    if size > MOST_BYTES:
        return Weights(run.run_id, iteration, trouble=f"its state has {size >> 20:,} MB")
    if trouble := changed_file(reader, run, MOST_BYTES):
        return Weights(run.run_id, iteration, trouble=trouble)
    try:
        found = flat_weights(reader, run.run_id, iteration)
    except ValueError as error:
        return Weights(run.run_id, iteration, trouble=str(error))
    images = None if found is None else templates(run.spec, found[1])
    if images is not None:
        trouble = ""
    elif run.spec.objective in OF_EXAMPLES:
        trouble = "the shape of its data set is not known here"
    else:
        trouble = f"{short_name(run.spec.objective)} gives no class a score, so no class has weights of its own"
    return Weights(run.run_id, iteration, images, trouble)
