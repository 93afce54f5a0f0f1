"""Threads: one BLAS thread per worker; two workers with two threads each on two cores are five times slower."""

import os

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""Environment variables to set before NumPy is imported."""

SET_HERE: set[str] = set()
"""Those of these variables that this process has set: they say nothing of the terminal that it was started from."""


def use_one_thread() -> None:
    """Have NumPy, which this process imports later, use one thread, unless the environment says otherwise.

    As workers do: what is computed again has their bits, and beside them two threads take ten times as long as one.
    """
    for name, one in ONE_THREAD.items():
        if name not in os.environ:
            os.environ[name] = one
            SET_HERE.add(name)
