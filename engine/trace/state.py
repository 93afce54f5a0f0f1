"""State: everything a strategy needs to continue from an iteration, and its form as bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1

DIVERGED = "diverged"
"""The stop reason of a run whose loss is not finite, or too far above its first."""

PLANNED_DONE = "planned iterations done"
"""The stop reason of a run that has made all its iterations."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of a run after `iteration` iterations.

    `weights` is one flat vector (size,): the current weights of gradient descent, the best so far of a search.
    `best_loss` is the lowest finite loss recorded so far, `first_loss` the loss of iteration 0.
    `buffers` are arrays that a strategy or an update keeps between iterations, `streams` the states of the named
    random generators. `step_size` is the current base step size: steering a run replaces it. `stop_reason` is empty
    while the run may continue. `best_evaluation` is the lowest loss of an evaluation, `evaluations_since_best` the
    number of evaluations since then.
    """

    iteration: int
    weights: NDArray[Any]
    step_size: float
    best_loss: float = float("inf")
    first_loss: float = float("nan")
    buffers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stop_reason: str = ""
    best_evaluation: float = float("inf")
    evaluations_since_best: int = 0


def state_to_bytes(state: State) -> bytes:
    """Serialise a state as an uncompressed .npz: arrays, and a JSON header for the rest. No pickle."""
    header = {
        "format": FORMAT,
        "iteration": state.iteration,
        "step_size": state.step_size.hex(),
        "best_loss": state.best_loss.hex(),
        "first_loss": state.first_loss.hex(),
        "streams": state.streams,
        "stop_reason": state.stop_reason,
        "best_evaluation": state.best_evaluation.hex(),
        "evaluations_since_best": state.evaluations_since_best,
    }
    arrays = {f"buffer_{name}": array for name, array in state.buffers.items()}
    out = io.BytesIO()
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(out, header=text, weights=state.weights, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def state_from_bytes(data: bytes) -> State:
    """Parse the output of `state_to_bytes`, bit for bit. Raises ValueError for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            if header["format"] != FORMAT:
                raise ValueError(f"checkpoint format {header['format']}; this version reads {FORMAT}")
            return State(
                iteration=int(header["iteration"]),
                weights=archive["weights"],
                step_size=float.fromhex(header["step_size"]),
                best_loss=float.fromhex(header["best_loss"]),
                first_loss=float.fromhex(header["first_loss"]),
                buffers={
                    name.removeprefix("buffer_"): archive[name] for name in archive.files if name.startswith("buffer_")
                },
                streams=header["streams"],
                stop_reason=header["stop_reason"],
                best_evaluation=float.fromhex(header.get("best_evaluation", "inf")),
                evaluations_since_best=int(header.get("evaluations_since_best", 0)),
            )
    except (KeyError, OSError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a readable checkpoint: {error}") from error
