"""Transport keys: move, start and stop the clock of a replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tui.model.clock import STOPS, Clock, Stops
from tui.model.timelines import ReplayData
from tui.screens.keys.key_parts import KeyPort

NOTCH = 0.01
"""Share of the replay's length by which one notch of the wheel moves the clock."""

NOTHING_THERE = "There is no {} {}."

BACKWARD = frozenset({"comma", "left_square_bracket", "home", "left_curly_bracket"})


def direction(key: str) -> int:
    """The direction of a key: 1 forward, -1 back."""
    return -1 if key in BACKWARD else 1


class TransportPort(KeyPort, Protocol):
    """What TransportKeys need of their screen."""

    def show_turned(self) -> None:
        """Show the moved clock at once; the data of its moment follow when they are read."""


class TransportKeys:
    """Holds the clock and turns keys into other states of it. `now` returns seconds."""

    def __init__(self, screen: TransportPort, clock: Clock, now: Callable[[], float]) -> None:
        self._screen = screen
        self.clock = clock
        self._now = now
        self.stops: Stops = STOPS[0]
        """What the keys of events go to."""

    @property
    def _replay_data(self) -> ReplayData:
        return self._screen.snapshot.replay_data or ReplayData()

    def tick(self) -> Clock:
        """The clock advanced to now."""
        self.clock = self.clock.ticked(self._now(), self._replay_data)
        return self.clock

    def _set_clock(self, clock: Clock) -> None:
        self.clock = clock
        self._screen.show_turned()

    def _jump(self, clock: Clock, what: str, by: int = 0) -> None:
        """Set the clock; say so if `what` was not found, that is if the clock is unchanged."""
        if clock is self.clock:
            where = "before this moment" if by < 0 else "after this moment" if by > 0 else "in these runs"
            self._screen.tell(NOTHING_THERE.format(what, where))
        else:
            self._set_clock(clock)

    def action_play(self) -> None:
        self._set_clock(self.clock.toggled(self._now(), self._replay_data))

    def action_step(self, key: str) -> None:
        self._set_clock(self.tick().stepped(direction(key), self._replay_data, self._screen.choices.pointed))

    def action_speed(self, key: str) -> None:
        self._set_clock(self.tick().faster(direction(key)))

    def action_jump(self, tenths: int) -> None:
        self._set_clock(self.tick().at_share(tenths / 10, self._replay_data))

    def action_bound(self, key: str) -> None:
        self._set_clock(self.tick().at_share(float(direction(key) > 0), self._replay_data))

    def action_event(self, key: str) -> None:
        """To the next of the chosen stops, or the one before; lowest loss and divergence are one place each."""
        by, clock, replay_data = direction(key), self.tick(), self._replay_data
        pointed = self._screen.choices.pointed
        match self.stops:
            case "lowest loss":
                self._jump(clock.to_place(replay_data.best(pointed), replay_data), self.stops)
            case "divergence":
                self._jump(clock.to_place(replay_data.divergence(pointed), replay_data), self.stops)
            case "evaluations":
                self._jump(clock.to_next(by, replay_data.evaluations(), replay_data), "evaluation", by)
            case "steering":
                self._jump(clock.to_event(by, replay_data, ("steering",)), "steering", by)
            case "events":
                self._jump(clock.to_event(by, replay_data), "event", by)

    def action_stops(self) -> None:
        self.stop_at(STOPS[(STOPS.index(self.stops) + 1) % len(STOPS)])

    def action_stop_at(self, stops: Stops) -> None:
        """Choose what the keys of events go to, and go to the next of them."""
        self.stops = stops
        self.action_event("right_curly_bracket")

    def stop_at(self, stops: Stops) -> None:
        """Choose what the keys of events go to."""
        self.stops = stops
        self._screen.tell(f"{{ and }} go to: {stops}. ' changes that.")

    def action_loop(self) -> None:
        self._set_clock(self.tick().looping(not self.clock.loop))

    def action_clock(self) -> None:
        self._set_clock(self.tick().with_next_kind(self._replay_data))
        self._screen.tell(CLOCKS[self.clock.kind])

    def action_axes(self) -> None:
        self._set_clock(self.tick().holding(not self.clock.holds))
        self._screen.tell("The axes hold the final range." if self.clock.holds else "The axes grow as they grew.")

    def scroll(self, by: int) -> None:
        """Move the clock by notches of the wheel."""
        clock = self.tick()
        share = self._replay_data.timeline(clock.kind).share(clock.position)
        self.drag(max(0.0, min(share + by * NOTCH, 1.0)))

    def drag(self, share: float) -> None:
        """Move the clock to a share, 0 to 1, of the replay's length."""
        self._set_clock(self.tick().at_share(share, self._replay_data))


CLOCKS = {
    "iteration": "By iteration: all runs have done equally many.",
    "time": "By time: as it happened; time in which none of them ran is left out.",
    "examples": "By examples: all runs have seen equally many.",
    "evaluations": "By evaluations: all runs have evaluated equally many losses.",
}
