"""The machine that a table of figures was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

from engine.objective.kernels import SMALL_PRODUCTS


def described() -> str:
    """Processor, cores, Python, NumPy and its BLAS, in one line."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    vectors = "AVX-512" if SMALL_PRODUCTS else "no AVX-512"
    return (
        f"{_processor()} ({vectors}), {os.cpu_count()} cores, one BLAS thread; {platform.system()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, {blas['name']} {blas['version']}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for text in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    return platform.processor() or platform.machine()
