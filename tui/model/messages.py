"""Messages: all messages between screens and app, except those about sweeps. Each is named after what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from textual.message import Message

from engine.spec import RunSpec
from engine.store import Listing, Run
from tui.model.answer import Undo
from tui.model.choices import Choices, Row
from tui.model.message import message
from tui.model.snapshot import Snapshot


@message
class SnapshotRead(Message):
    """The feed read something new."""

    snapshot: Snapshot


@message
class ReadFailed(Message):
    """The feed could not read; `sentence` says why. It tries again."""

    sentence: str


@message
class ChoicesChanged(Message):
    """The viewer's choices changed: marks, cursor, list or chart."""

    choices: Choices


Pointing = Literal["select", "mark", "open", "commands"]
"""What a click asks for: select what is there, and mark a run, open a run or sweep, or offer all commands."""


@message
class RowPointed(Message):
    """A row of the table was clicked: a run or the title of a sweep."""

    row: Row
    pointing: Pointing = "select"


@message
class ListScrolled(Message):
    """The list is to be scrolled until this row, counted from 0, is the first one below the pinned ones."""

    row: int


@message
class RunPointed(Message):
    """A run's entry in the legend, or its tile, was clicked."""

    run_id: int
    pointing: Pointing = "select"


@message
class SortRequested(Message):
    """The title of a column was clicked; the list is to be sorted by `order`."""

    order: str


Dialog = Literal["new run", "filter", "value filter", "run", "order", "columns", "metric", "workers", "commands"]
"""The form for a new run; what changes the filter of the list or of a sweep's values, the order or the columns of the
list, the metric of the chart, or the largest number of workers; the runs that can be found, or the commands that can be
picked by name."""


@message
class DialogRequested(Message):
    """A dialog is to open."""

    dialog: Dialog


@message
class ColumnToggled(Message):
    """A column was chosen in the menu, to be seen or not; 'automatic' takes all choices back."""

    name: str


@message
class MetricPicked(Message):
    """A metric was picked from a list, to be shown or, if `as_main`, to stand for the marked runs that have it."""

    metric: str
    as_main: bool = False


@message
class ChartScrolled(Message):
    """The wheel was turned over the chart at `x` (None: beside the plot): zoom by `factor`."""

    factor: float
    x: float | None


@message
class ChartPointed(Message):
    """The mouse is over the chart at `x`."""

    x: float


@message
class ChartClicked(Message):
    """The curves were clicked at `x`."""

    x: float


@message
class ChartRangeDragged(Message):
    """The mouse was dragged over the curves from one x to another: that range is to fill the x axis."""

    low: float
    high: float


@message
class MetricPointed(Message):
    """A metric's panel in the grid was clicked; `twice` enlarges it."""

    metric: str
    twice: bool


@message
class SentenceDismissed(Message):
    """The viewer dismissed the sentence on the screen."""


@message
class RunSought(Message):
    """The cursor is to go to a run, on the page or not; `alone`: show it by itself."""

    run_id: int
    alone: bool = False


@message
class RunLookedUp(Message):
    """The listing that contains a sought run; None if there is no such run, as `sentence` says."""

    run_id: int
    listing: Listing | None
    sentence: str = ""
    alone: bool = False
    from_sweep: int | None = None


@message
class RunsSought(Message):
    """A filter was typed to find a run."""

    text: str


@message
class RunsFound(Message):
    """The first runs that fit a filter, how many fit, and of how many; or a sentence that says why none were read."""

    text: str
    runs: tuple[Run, ...] = ()
    fitting: int = 0
    total: int = 0
    sentence: str = ""


@message
class RunPicked(Message):
    """A run was found and is to be gone to, on the screen that is shown."""

    run_id: int


@message
class TopSought(Message):
    """The runs at the top of the list are to be marked; the page does not hold them."""


@message
class TopRead(Message):
    """The runs at the top of the list; if they cannot be read, `sentence` says why."""

    run_ids: tuple[int, ...]
    sentence: str = ""


@message
class LessonTold(Message):
    """A lesson was shown or dismissed, and is not to be shown again."""

    name: str


@message
class RaceRequested(Message):
    """The race of the four optimization strategies is to start."""


@message
class DraftKept(Message):
    """The form was closed; `texts` maps fields to what was typed."""

    texts: Mapping[str, str]


@message
class RunSubmitted(Message):
    """A form was completed; `named` are the fields in which the user has typed a name, of code perhaps."""

    spec: RunSpec
    name: str
    named: frozenset[str] = frozenset()


@message
class ForkSubmitted(Message):
    """The form of a fork was completed: `changes` maps fields to text, with the iteration and the name."""

    run_id: int
    changes: Mapping[str, str]


@message
class RunRejected(Message):
    """A submitted run does not fit its data set: the field, and what would fit."""

    field: str
    sentence: str


@message
class RunsQueued(Message):
    """Runs are in the queue and workers were started."""

    run_ids: tuple[int, ...]


Steering = Literal["pause", "resume", "stop", "delete"]


@message
class SteeringRequested(Message):
    """A run is to be steered; stopped or deleted, after a confirmation."""

    run_id: int
    verb: Steering


@message
class StepSizeScaled(Message):
    """The step size of a run is to be multiplied by a factor."""

    run_id: int
    factor: float


@message
class UndoRequested(Message):
    """What was done last is to be undone."""


@message
class UndoDue(Message):
    """All that was ordered before an undo has been answered."""


@message
class ForkRequested(Message):
    """The form for a fork of a run is to open; it proposes the iteration `at` and shows `remark`."""

    run_id: int
    at: int
    remark: str = ""


@message
class EditRequested(Message):
    """A run's name, tags and note are to be changed."""

    run_id: int


@message
class CommandPicked(Message):
    """A command was picked by name: `action` is to be run on the board."""

    action: str


@message
class OrderAnswered(Message):
    """An order was carried out or, if `failed`, not; `sentence` tells the viewer, `undo` takes it back."""

    sentence: str
    failed: bool = False
    undo: Undo | None = None
    of_sweep: bool = False


@message
class ReplayRequested(Message):
    """Runs are to be replayed, in the order of marking."""

    run_ids: tuple[int, ...]


@message
class ReplayLeft(Message):
    """The replay was closed; the live view is to be shown."""


@message
class ClockTurned(Message):
    """A replay's clock was changed by the viewer; its moment is to be read at once."""


@message
class ScrubberDragged(Message):
    """The mouse was dragged to a fraction (0 to 1) of the replay's length."""

    share: float


@message
class ScrubberScrolled(Message):
    """The wheel was turned over the scrubber: the clock is to move on (1) or back (-1)."""

    by: int


@message
class SignalCaught(Message):
    """The process received a signal that ends it; `number` is the signal's."""

    number: int
