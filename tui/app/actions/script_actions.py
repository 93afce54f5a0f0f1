"""Script actions: launch a script's command again, and sweep a number in it, from the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from engine.spec import as_text
from engine.text import clean, counted
from tui.app.actions import sweep_orders
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.model.messages import OrderAnswered
from tui.model.sweep import script_values

if TYPE_CHECKING:
    from engine.spec.script import ScriptSpec
    from engine.store import Run
    from engine.sweep import SweepPlan

MOST_QUESTIONS = 8
"""Most values of a command that are asked for; the command line takes any."""


class ScriptPort(OrderPort, ScreenPort, Protocol):
    """What ScriptActions need of the app."""


class ScriptActions:
    """Asks for the values of commands in prompts, and carries orders out in a thread."""

    def __init__(self, app: ScriptPort) -> None:
        self._app = app

    @property
    def pointed(self) -> Run | None:
        """The script under the cursor; None where another run is."""
        run = self._app.snapshot.run(self._app.choices.pointed)
        return run if run is not None and run.script is not None else None

    def sweep(self, run: Run) -> None:
        """Ask which number of a command takes which values, and start the sweep."""
        from tui.screens.prompt import Prompt, Question

        assert run.script is not None
        numbers = script_values.numbers_in(run.script)
        if not numbers:
            self._app.tell(f"The command of run {run.run_id} has no number to sweep, such as --lr 0.1 or {{lr}}.")
            return
        name = script_values.likeliest(numbers)
        path, run_id = self._app.path, run.run_id

        def typed(texts: Mapping[str, str]) -> None:
            def carry_out() -> OrderAnswered:
                sweep_id, size = sweep_orders.sweep_script(path, run_id, texts)
                return OrderAnswered(f"Sweep {sweep_id}: {counted(size, 'run')} were queued; w opens it.")

            self._app.order(carry_out)

        there = ", ".join(f"{clean(key, 20)} {as_text(value)}" for key, value in list(numbers.items())[:MOST_QUESTIONS])
        asked = (
            Question("parameter", "number", name, there),
            Question("values", "values", script_values.around(numbers[name]), "with commas, or 1e-4 ... 1 x 8"),
            Question("repeats", "repeats", "1", "runs per value; {seed} is 0, 1, ..."),
            Question("metric", "metric", "", "that ranks them; its loss by default"),
        )
        title = f"Sweep a number of run {run_id}: {clean(run.script.text, 120)}"
        self._app.open_screen(Prompt(title, asked, typed, "start"))

    def launch_again(self, run: Run) -> None:
        """Ask for the values in a command, and launch it again."""
        assert run.script is not None
        path, run_id = self._app.path, run.run_id
        before = _values(run.script.adjustable())

        def typed(texts: Mapping[str, str]) -> None:
            changes = {name: text for name, text in texts.items() if text != before.get(name)}

            def carry_out() -> OrderAnswered:
                run_ids = sweep_orders.launch_again(path, run_id, changes)
                return OrderAnswered(f"Run {run_ids[0]} was queued: the command of run {run_id}.")

            self._app.order(carry_out)

        self._ask(f"Launch the command of run {run_id} again", run.script, before, typed, "launch")

    def repeat_sweep(self, sweep_id: int, plan: SweepPlan) -> None:
        """Ask for what changes in a command, and start its sweep again."""
        assert plan.script is not None
        swept = {axis.field for axis in plan.axes}
        before = {name: text for name, text in _values(plan.script).items() if name not in swept}
        path = self._app.path

        def typed(texts: Mapping[str, str]) -> None:
            changes = {name: text for name, text in texts.items() if text != before.get(name)}

            def carry_out() -> OrderAnswered:
                return OrderAnswered(sweep_orders.repeat(path, sweep_id, changes)[1], of_sweep=True)

            self._app.order(carry_out)

        self._ask(f"Repeat sweep {sweep_id}", plan.script, before, typed, "start")

    def _ask(
        self,
        what: str,
        spec: ScriptSpec,
        before: Mapping[str, str],
        typed: Callable[[Mapping[str, str]], None],
        verb: str,
    ) -> None:
        """Ask for the values in a command; where it has none, only whether to do it."""
        from tui.screens.confirm import Confirm
        from tui.screens.prompt import Prompt, Question

        command = clean(spec.text, 120)
        if before:
            questions = tuple(Question(name, clean(name, 30), text) for name, text in before.items())
            self._app.open_screen(Prompt(f"{what}: {command}", questions, typed, verb))
        else:
            self._app.open_screen(Confirm(f"{what}? {command}", lambda: typed({})))


def _values(spec: ScriptSpec) -> dict[str, str]:
    return {name: clean(as_text(value), 200) for name, value in list(spec.values.items())[:MOST_QUESTIONS]}
