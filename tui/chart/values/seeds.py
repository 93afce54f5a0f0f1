"""Seeds: the series of runs that differ in their seed alone as one, their mean with a band."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.values.series import Series
from tui.chart.values.view import ChartRun, SeedBand

BAND_NAMES: Mapping[SeedBand, str] = {"range": "min-max", "interval": "95 % confidence"}

QUANTILES = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""97.5 % quantiles of Student's t for 1 to 30 degrees of freedom. Source: NIST/SEMATECH e-Handbook, 1.3.6.7.2."""

NORMAL_QUANTILE = 1.960
"""That of the normal distribution, for more degrees of freedom."""


def mean_of_seeds(run: ChartRun, members: Sequence[Series], band: SeedBand) -> Series | None:
    """Return the mean of the members' lines as the series of `run`; None without a stretch that all of them cover.

    It reaches as far as the shortest member. The band, in `low` and `high`, is that of the lines: the lowest and the
    highest of them, or the 95 % confidence interval of their mean. Where one line has a gap the mean has one, too.
    """
    low, high = max(float(one.x[0]) for one in members), min(float(one.x[-1]) for one in members)
    if not low <= high:
        return None
    coarsest = min(members, key=lambda one: len(one.x)).x
    inside = coarsest[(coarsest >= low) & (coarsest < high)]
    x: Floats = np.append(inside, high)
    lines = np.stack([_line_at(one, x) for one in members])
    with np.errstate(all="ignore"):
        line: Floats = lines.mean(axis=0)
        if band == "interval":
            half = quantile(len(members)) * lines.std(axis=0, ddof=1) / math.sqrt(len(members))
            lowest, highest = line - half, line + half
        else:
            lowest, highest = lines.min(axis=0), lines.max(axis=0)
    gap = ~np.isfinite(line)
    first = members[0]
    return replace(
        first,
        run=run,
        x=x,
        line=line,
        low=lowest,
        high=highest,
        last=np.where(gap, np.nan, line),
        gap=gap if gap.any() else None,
        steps=False,
        filled=True,
        x_start=float(x[0]),
        x_end=max(one.x_end for one in members) if run.growing else float(x[-1]),
        guessed=any(one.guessed for one in members),
    )


def quantile(count: int) -> float:
    """Return the 97.5 % quantile of Student's t for the mean of `count` values, at least two."""
    return QUANTILES[count - 2] if count - 2 < len(QUANTILES) else NORMAL_QUANTILE


def _line_at(one: Series, x: Floats) -> Floats:
    """Return the line at x (n,) within its reach: between rows straight, of a best-so-far the value that holds."""
    if one.steps:
        at = np.clip(np.searchsorted(one.x, x, "right") - 1, 0, len(one.x) - 1)
        held: Floats = one.line[at]
        return held
    found: Floats = np.interp(x, one.x, one.line)
    return found
