"""Likeness: what a cluster worker computes with, and whether its numbers are those of the others."""

from __future__ import annotations

import ctypes
import glob
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from engine.files.paths import ROOT
from engine.jobs.worker.environment import environment_json
from engine.spec import defaults
from engine.strategy import optimize

NUMERICS = ("spec", "datasets", "objective", "strategy", "trace", "jobs/cluster")
"""The folders of the engine whose code decides what a chunk gives."""

PROBES: tuple[dict[str, Any], ...] = (
    {"objective": "softmax"},
    {"objective": "two-layer", "update": "adam"},
    {"objective": "mlp", "activation": "gelu", "batch_size": 32},
)
"""Short runs whose last bits tell kernels apart: matrix products of several shapes, exp, tanh and square roots."""

PROBE_ITERATIONS = 5

MUST_AGREE = {"engine": "Lossboard", "numpy": "NumPy", "python": "Python"}
"""What a worker has to share with its bridge, by the word for it."""


@cache
def facts() -> Mapping[str, str]:
    """What this process computes with: versions, BLAS and its kernel, threads, processor, and how it rounds."""
    return {
        **json.loads(environment_json()),
        "host": platform.node(),
        "process": str(os.getpid()),
        "engine": engine_version(),
        "kernel": _kernel(),
        "arithmetic": _arithmetic(),
    }


@cache
def engine_version() -> str:
    """The version of this Lossboard, with a check sum of the code that decides what a chunk gives."""
    digest = hashlib.sha256()
    for folder in NUMERICS:
        for file in sorted((ROOT / "engine" / folder).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    try:
        number = version("lossboard")
    except PackageNotFoundError:
        number = "of a folder"
    return f"{number} ({digest.hexdigest()[:12]})"


def refusal(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Why a worker cannot compute for a bridge that has `ours`, as a part of a sentence; '' if it can."""
    for name, word in MUST_AGREE.items():
        their, our = _release(name, theirs.get(name, "")), _release(name, ours[name])
        if their != our:
            return f"it has {word} {their or 'of an unknown version'}, and this bridge has {our}"
    threads = theirs.get("blas_threads", "")
    if threads != "1":
        told = threads or "as many as there are cores"
        return f"its products take several threads ({told}), which rounds otherwise: set OPENBLAS_NUM_THREADS=1 there"
    return ""


def kind_of(theirs: Mapping[str, str]) -> str:
    """The group of a worker: those of one group give the same bits."""
    return theirs.get("arithmetic", "")


def environment_of(theirs: Mapping[str, str], address: str) -> str:
    """What is stored with a run that a worker computes, as JSON."""
    return json.dumps({**{k: v for k, v in theirs.items() if k not in ("process", "engine")}, "cluster": address})


def _release(name: str, text: str) -> str:
    return ".".join(text.split(".")[:2]) if name == "python" else text


def _kernel() -> str:
    """The kernels that OpenBLAS has chosen for this processor, '' where it does not tell."""
    for library in glob.glob(str(Path(np.__file__).parent.with_name("numpy.libs") / "*openblas*")):
        with suppress(OSError, AttributeError):
            name = ctypes.CDLL(library).scipy_openblas_get_corename64_
            name.restype = ctypes.c_char_p
            return bytes(name() or b"").decode(errors="replace")
    return ""


def _arithmetic() -> str:
    """A check sum of the losses and weights of PROBES."""
    digest = hashlib.sha256()
    for fields in PROBES:
        spec = defaults("gradient-descent", fields["objective"]).changed(**fields, dataset="digits", seed=0)
        optimization = optimize.build(spec)
        state, block = optimization.advance(optimization.start(), PROBE_ITERATIONS)
        digest.update(block.loss.tobytes() + state.weights.tobytes())
    return digest.hexdigest()[:12]
