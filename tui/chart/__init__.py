"""Pure drawing of charts: series, axes, raster, frame. No Textual, no store."""

from tui.chart.canvas import draw
from tui.chart.frame import warm_up
from tui.chart.picture import Picture, Span
from tui.chart.view import Axes, ChartMark, ChartRun, ChartView, Plot

__all__ = ["Axes", "ChartMark", "ChartRun", "ChartView", "Picture", "Plot", "Span", "draw", "warm_up"]
