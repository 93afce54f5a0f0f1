"""Pictures of a curve that grows leave nothing behind, whatever lengths it has had."""

import ctypes
import subprocess
import sys

import pytest

IN_USE = """
import ctypes
import numpy as np
from tui.chart import ChartRun, ChartView, draw
from engine.trace.curve import Curve

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Info

def view(rows):
    losses = 1 + np.sin(np.arange(rows))**2
    names = ("low", "high", "mean", "last")
    curve = Curve(
        width=1, iteration=np.arange(rows), elapsed_s=np.arange(rows) / 100.0, count=np.ones(rows, np.int64),
        low_before=np.inf, **dict.fromkeys(names, losses),
    )
    return ChartView(tuple(ChartRun(i, str(i), i, curve, planned_iterations=750, growing=True) for i in range(4)))

def drawn(lengths):
    previous = None
    for rows in lengths:
        previous = draw(view(rows), 100, 30, previous=previous)

drawn(range(750, 100, -100))
before = mallinfo2().uordblks
drawn(range(130, 750))
print(mallinfo2().uordblks - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the C library does not tell what is in use")
def test_a_curve_that_grows_leaves_no_block_of_each_length_behind() -> None:
    ran = subprocess.run([sys.executable, "-c", IN_USE], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 1_000_000
