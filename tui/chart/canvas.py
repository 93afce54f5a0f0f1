"""draw: one ChartView at one size becomes one Picture."""

from __future__ import annotations

from tui.chart.picture import Picture
from tui.chart.view import Charset, ChartView


def draw(
    view: ChartView, width: int, height: int, *, charset: Charset = "unicode", previous: Picture | None = None
) -> Picture:
    """The chart at `width` x `height` cells, legend and title included; any size from 1x1 up.

    The axes of `previous` are held while the data stay within them and view and size still fit. Never raises
    for what is in the curves: non-finite losses are gaps with a sign, non-positive ones are gaps on a log axis.
    """
    raise NotImplementedError
