"""What the keys of a replay do to its clock: each becomes another state of it, at once."""

from __future__ import annotations

from collections.abc import Callable

from tui.model.clock import Clock
from tui.model.messages import ClockTurned, ScrubberDragged
from tui.model.timelines import Tape
from tui.screens.board import Board

NOTHING_THERE = "There is no {} {}."

BACK = frozenset({"comma", "left_square_bracket", "home", "I", "S", "N"})


def way(key: str) -> int:
    """Which way a key goes: 1 on, -1 back."""
    return -1 if key in BACK else 1


class TransportKeys(Board, inherit_bindings=False):
    """The part of a replay that moves in time. `now` tells seconds."""

    clock: Clock
    now: Callable[[], float]

    @property
    def tape(self) -> Tape:
        return self.snapshot.tape or Tape()

    def tick(self) -> Clock:
        """The clock, brought up to now."""
        self.clock = self.clock.ticked(self.now(), self.tape)
        return self.clock

    def show_clock(self) -> None:
        """Bring the line of the replay up to date."""
        raise NotImplementedError

    def _turn(self, clock: Clock) -> None:
        """The line tells at once; what was the case then follows when it is read."""
        self.clock = clock
        self._painted = None  # wherever the clock goes from here, it is not mere growth
        if self._sentence:
            self.hush()
            self.paint()
        else:
            self.show_clock()
        self.post_message(ClockTurned())

    def _go(self, clock: Clock, what: str, by: int = 0) -> None:
        """Go where the clock shows; say so where there is nothing of what was looked for."""
        if clock is self.clock:
            where = "before this moment" if by < 0 else "after this moment" if by > 0 else "in these runs"
            self.tell(NOTHING_THERE.format(what, where))
        else:
            self._turn(clock)

    def action_play(self) -> None:
        self._turn(self.clock.toggled(self.now(), self.tape))

    def action_step(self, key: str) -> None:
        self._turn(self.tick().stepped(way(key), self.tape, self.choices.pointed))

    def action_speed(self, key: str) -> None:
        self._turn(self.tick().faster(way(key)))

    def action_jump(self, tenths: int) -> None:
        self._turn(self.tick().at_share(tenths / 10, self.tape))

    def action_bound(self, key: str) -> None:
        self._turn(self.tick().at_share(float(way(key) > 0), self.tape))

    def action_event(self, key: str) -> None:
        self._go(self.tick().to_event(way(key), self.tape), "event", way(key))

    def action_steering(self, key: str) -> None:
        self._go(self.tick().to_event(way(key), self.tape, ("steering",)), "steering", way(key))

    def action_evaluation(self, key: str) -> None:
        self._go(self.tick().to_next(way(key), self.tape.evaluations(), self.tape), "evaluation", way(key))

    def action_best(self) -> None:
        self._go(self.tick().to_place(self.tape.best(self.choices.pointed), self.tape), "lowest loss")

    def action_divergence(self) -> None:
        self._go(self.tick().to_place(self.tape.divergence(self.choices.pointed), self.tape), "divergence")

    def action_loop(self) -> None:
        self._turn(self.tick().looping(not self.clock.loop))

    def action_clock(self) -> None:
        self._turn(self.tick().with_next_kind(self.tape))
        self.tell(CLOCKS[self.clock.kind])

    def action_axes(self) -> None:
        self._turn(self.tick().holding(not self.clock.holds))
        self.tell("The axes hold the final range." if self.clock.holds else "The axes grow as they grew.")

    def on_scrubber_dragged(self, message: ScrubberDragged) -> None:
        message.stop()
        self._turn(self.tick().at_share(message.share, self.tape))


CLOCKS = {
    "iteration": "By iteration: all runs in step.",
    "time": "By time: as it happened; time in which none of them ran is left out.",
    "examples": "By examples: all runs have seen equally many.",
}
