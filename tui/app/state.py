"""The state of the app: snapshot and choices, as one frozen value with pure changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.model import x_extent
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot
from tui.presenting.curves import drawn_runs


@dataclass(frozen=True, slots=True)
class Shown:
    """The last snapshot, and the choices under which it is shown."""

    snapshot: Snapshot
    choices: Choices

    def following(self) -> Shown:
        """The same with the chart's window moved to the newest iteration, if the window follows it."""
        chart_options = self.choices.chart_options
        newest = x_extent.newest_going_on(chart_options, drawn_runs(self.snapshot, self.choices))
        return replace(self, choices=self.choices.with_chart_options(chart_options.followed(newest)))


@dataclass(frozen=True, slots=True)
class AppState:
    """The live view and, while one is open, the replay; the live view is not updated meanwhile."""

    live: Shown
    replay: Shown | None = None

    @property
    def shown(self) -> Shown:
        """The replay if one is open, else the live view."""
        return self.live if self.replay is None else self.replay

    def _with_shown(self, shown: Shown) -> AppState:
        return replace(self, live=shown) if self.replay is None else replace(self, replay=shown)

    def choosing(self, choices: Choices) -> AppState:
        """With other choices in the view that is shown."""
        return self._with_shown(replace(self.shown, choices=choices))

    def reading(self, read: Snapshot) -> AppState:
        """With a newer snapshot of the view that is shown. Live choices follow it: new runs get marks."""
        choices = self.shown.choices
        if self.replay is None:
            choices = choices.follow(read.newest, read.rows, read.others, read.looked_up, read.neighbour)
        return self._with_shown(Shown(read, choices).following())

    def with_replay(self, snapshot: Snapshot, choices: Choices) -> AppState:
        """With a replay above the live view."""
        return replace(self, replay=Shown(snapshot, choices))

    def without_replay(self) -> AppState:
        """The live view alone, with the replay's chart options and split.

        The cursor goes along, unless it stood on a run that the replay had not: then it stays there.
        """
        if self.replay is None:
            return self
        replay_choices = self.replay.choices
        choices = self.live.choices.splitting(replay_choices.split).with_chart_options(
            replace(replay_choices.chart_options, window=None, cursor=None)
        )
        was_there = self.replay.snapshot.run(choices.pointed) is not None
        if replay_choices.pointed is not None and was_there:
            choices = choices.pointing_at(replay_choices.pointed)
        return AppState(replace(self.live, choices=choices))
