"""Pure drawing of charts: series, axes, raster, frame. No Textual, no store."""

from tui.chart.canvas import axes_of, draw, measures_of
from tui.chart.frame import warm_up
from tui.chart.panels import held
from tui.chart.picture import Picture, Span
from tui.chart.readout import Reading, readout
from tui.chart.sparkline import sparkline
from tui.chart.svg import to_svg
from tui.chart.table import table, to_csv
from tui.chart.view import Axes, ChartMark, ChartRun, ChartView, Panel, Plot, Points, Tile, Window

__all__ = [
    "Axes", "ChartMark", "ChartRun", "ChartView", "Panel", "Picture", "Plot", "Points", "Reading", "Span", "Tile",
    "Window", "axes_of", "draw", "held", "measures_of", "readout", "sparkline", "table", "to_csv", "to_svg", "warm_up",
]  # fmt: skip
