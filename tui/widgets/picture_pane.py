"""PicturePane: paints a Picture that a function makes for its size, and sends only the rows that changed."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from textual.strip import Strip

from tui.chart import Picture
from tui.colours.theme import cell_style
from tui.widgets.lines import Lines


class PicturePane(Lines):
    """Paints the result of `draw(width, height)`."""

    DEFAULT_CSS = "PicturePane { width: 1fr; height: 1fr; }"

    def __init__(self, draw: Callable[[int, int], Picture], *, css_id: str | None = None) -> None:
        super().__init__(lambda width, height: picture_rows(draw(width, height)), css_id=css_id)


def picture_rows(picture: Picture) -> list[Strip]:
    """The rows of a picture in the theme's colours."""
    return [
        Strip([Segment(text, cell_style(style)) for text, style in picture.row(row)], picture.width)
        for row in range(picture.height)
    ]
