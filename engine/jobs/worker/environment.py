"""Environment: library versions and machine, stored with each run, since equal results need equal arithmetic."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from pathlib import Path

import numpy as np

NUMERICAL = "numerical: centred differences, two losses for each weight"


@cache
def environment_json(is_numerical: bool = False) -> str:
    """Library versions, BLAS and CPU as a flat JSON object of texts, and that the gradient is numerical if it is."""
    dependencies = np.show_config(mode="dicts")["Build Dependencies"]
    blas = dependencies.get("blas", {})
    return json.dumps(
        {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
            "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS", ""),
            "system": f"{platform.system()} {platform.machine()}",
            "cpu": _cpu(),
            **({"gradient": NUMERICAL} if is_numerical else {}),
        }
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
