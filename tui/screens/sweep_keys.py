"""What the board's keys do about sweeps and probes: each becomes a request, or a sentence why not."""

from __future__ import annotations

from tui.screens.list_keys import ListKeys
from tui.sweep_messages import ProbeRequested, SweepOpened, SweepRequested


class SweepKeys(ListKeys, inherit_bindings=False):
    """The part of the board that leads to sweeps and probes."""

    def action_sweep(self) -> None:
        self.post_message(SweepRequested())

    def action_open_sweep(self) -> None:
        """Of the run under the cursor, or the one whose title is."""
        run = self._pointed
        sweep_id = self.choices.title if run is None else run.sweep_id
        if sweep_id is None:
            self.tell("This run belongs to no sweep: s starts one." if run else "There is no run yet.")
        else:
            self.post_message(SweepOpened(sweep_id))

    def action_probe(self) -> None:
        if self._pointed is not None:
            self.post_message(ProbeRequested(self._pointed.run_id))
