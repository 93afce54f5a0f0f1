"""Recall: converts a saved View to Choices and back. Values that are no longer known become defaults."""

from __future__ import annotations

from engine.store import Listing
from tui.chart.values.view import SMOOTHING_STEPS, X_KINDS
from tui.colours.palette import assign
from tui.model.chart_options import BANDS, LAYOUTS, SEEDS, ChartOptions
from tui.model.choices import MOST_MARKED, Choices, ColumnChoice
from tui.model.learning.progress import NOT_BEGUN, Progress
from tui.model.room import RoomSplit
from tui.view_state.saved_view import View


def choices_of(view: View) -> Choices:
    """The initial choices. The first `follow` drops marks of runs that are gone."""
    marked = view.marked[:MOST_MARKED]
    chart_options = ChartOptions(
        layout=next((layout for layout in LAYOUTS if layout == view.layout), LAYOUTS[0]),
        log_x=view.log_x,
        log_y=view.log_y,
        x_kind=next((kind for kind in X_KINDS if kind == view.x_kind), X_KINDS[0]),
        smoothing=min(view.smoothing, SMOOTHING_STEPS[-1]),
        bands=next((bands for bands in BANDS if bands == view.bands), BANDS[0]),
        seeds=next((seeds for seeds in SEEDS if seeds == view.seeds), SEEDS[0]),
        following=view.following,
        metric=view.metric or ChartOptions().metric,
    )
    return Choices(
        marked=marked,
        by_hand=frozenset(view.by_hand) & frozenset(marked),
        considered_to=view.considered_to,
        pointed=view.pointed or None,
        chart_options=chart_options,
        split=RoomSplit(view.list_width, view.list_height),
        listing=Listing(view.filter, view.sort, view.reverse, view.pinned, view.grouped),
        columns=ColumnChoice(view.columns, tuple(name for name in view.hidden_columns if name not in view.columns)),
        slots=assign(marked),
        lessons=frozenset(view.lessons),
    )


def view_of(choices: Choices, theme: str, recent: tuple[str, ...] = (), progress: Progress = NOT_BEGUN) -> View:
    """The View to save, of these choices, the theme, the `recent` commands and the progress of the tour."""
    chart_options, listing = choices.chart_options, choices.listing
    return View(
        marked=choices.marked,
        by_hand=tuple(sorted(choices.by_hand)),
        considered_to=max(choices.considered, default=choices.considered_to),
        pointed=choices.pointed or 0,
        x_kind=chart_options.x_kind,
        log_x=chart_options.log_x,
        log_y=chart_options.log_y,
        following=chart_options.following,
        metric=chart_options.metric,
        smoothing=chart_options.smoothing,
        bands=chart_options.bands,
        seeds=chart_options.seeds,
        layout=chart_options.layout,
        list_width=choices.split.beside,
        list_height=choices.split.above,
        sort=listing.order,
        reverse=listing.reverse,
        pinned=listing.pinned,
        grouped=listing.grouped,
        columns=choices.columns.shown,
        hidden_columns=choices.columns.hidden,
        filter=listing.text,
        theme=theme,
        lessons=tuple(sorted(choices.lessons)),
        recent=recent,
        scene=progress.scene,
        learned=progress.learned,
    )
