"""Pure drawing of charts: series, axes, raster, frame. No Textual, no store."""

from tui.chart.cells.picture import Picture, StyleSpan
from tui.chart.cells.sparkline import sparkline
from tui.chart.drawing.chart import axes_of, draw, metrics_of, run_at
from tui.chart.drawing.panels import held
from tui.chart.drawing.vector_chart import vector_chart
from tui.chart.values.readout import Reading, readout
from tui.chart.values.table import table, to_csv
from tui.chart.values.view import Axes, ChartMark, ChartRun, ChartView, Panel, Plot, Points, Tile, Window

__all__ = [
    "Axes", "ChartMark", "ChartRun", "ChartView", "Panel", "Picture", "Plot", "Points", "Reading", "StyleSpan", "Tile",
    "Window", "axes_of", "draw", "held", "metrics_of", "readout", "run_at", "sparkline", "table", "to_csv",
    "vector_chart",
]  # fmt: skip
