"""Notices: what happened in the background, shown until the next key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui.model.snapshot import Snapshot

if TYPE_CHECKING:
    from tui.model.choices import Choices
    from tui.presenting.news import News


class NoticesPort(Protocol):
    """What Notices need of the app."""

    @property
    def choices(self) -> Choices:
        """The viewer's choices in the view that is shown."""

    @property
    def shows_board(self) -> bool:
        """Whether no other screen covers the board."""

    def announce(self, news: str) -> None:
        """Show news on the board; '' clears them."""


class Notices:
    """Compares each snapshot with the one before. News wait while another screen covers the board."""

    def __init__(self, app: NoticesPort, first: Snapshot) -> None:
        self._app = app
        self._compared = first
        self._news: tuple[News, ...] = ()
        self._marks = ""

    def begin_anew(self, read: Snapshot) -> None:
        """Forget the snapshot of another store, so that the change of store makes no news."""
        self._compared = read

    def compare(self, read: Snapshot) -> None:
        """Announce what happened between the last snapshot and this one, except to the run under the cursor."""
        from tui.presenting.news import added, news

        before, self._compared = self._compared, read
        looked_at = self._app.choices.pointed if self._app.shows_board else None
        self._announce(added(self._news, [one for one in news(before, read) if one.run_id != looked_at]))

    def put_away(self) -> None:
        """Clear the news after a key, unless another screen covers the board."""
        if self._app.shows_board:
            self._announce((), "")

    def tell_marks(self, before: Choices, after: Choices) -> None:
        """Announce which newly started runs replaced others in the chart, or are not drawn."""
        if after.considered != before.considered:
            from tui.presenting.news import marks

            self._announce(self._news, marks(before, after) or self._marks)

    def tell_gone(self, before: Choices, after: Choices) -> None:
        """Announce that a read has put another run where one was looked at alone: that one has gone from the list."""
        gone, now = before.pointed, after.pointed
        if before.alone and not before.edge and gone is not None and now is not None and gone != now:
            self._announce(self._news, f"Run {gone} has gone from the list: this is run {now}.")

    def _announce(self, news: tuple[News, ...], marks: str | None = None) -> None:
        marks = self._marks if marks is None else marks
        if (news, marks) != (self._news, self._marks):
            from tui.presenting.news import sentence

            self._news, self._marks = news, marks
            self._app.announce(" ".join(filter(None, (sentence(news), marks))))
