"""Every message between the rooms of the screen, once. Each is named after what has happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from textual.message import Message

from engine.spec import RunSpec
from engine.store import Listing
from tui.model.choices import Choices, Row
from tui.model.message import message
from tui.model.snapshot import Snapshot


@message
class SnapshotRead(Message):
    """The feed read something new."""

    snapshot: Snapshot


@message
class ReadFailed(Message):
    """The feed could not read; `sentence` says why. The next read is tried all the same."""

    sentence: str


@message
class ChoicesChanged(Message):
    """The viewer marked, moved or turned an axis."""

    choices: Choices


@message
class RowPointed(Message):
    """A row of the table was clicked: a run or the title of a sweep."""

    row: Row


@message
class SortRequested(Message):
    """The title of a column was clicked; `order` is what it sorts by."""

    order: str


@message
class ChartScrolled(Message):
    """The wheel turned over the chart at `x` (None: beside the plot): `factor` times as close."""

    factor: float
    x: float | None


@message
class ChartPointed(Message):
    """The mouse is over the chart at `x`."""

    x: float


@message
class MetricPointed(Message):
    """A metric's panel in the grid was clicked, `twice` to enlarge it."""

    metric: str
    twice: bool


@message
class SentenceDismissed(Message):
    """What the screen told was put away."""


@message
class RunSought(Message):
    """The cursor is to go to a run that need not be on the page; `alone`: it is to be looked at by itself."""

    run_id: int
    alone: bool = False


@message
class RunLookedUp(Message):
    """In which listing a run that was sought stands; None where there is no such run: `sentence` says so."""

    run_id: int
    listing: Listing | None
    sentence: str = ""
    alone: bool = False


@message
class TopSought(Message):
    """The runs at the top of the list, which is not on the page, are to be marked."""


@message
class TopRead(Message):
    """The runs at the top of the list; where they cannot be read `sentence` says why."""

    run_ids: tuple[int, ...]
    sentence: str = ""


@message
class LessonTold(Message):
    """A lesson was told, or put away: it need not be told again."""

    name: str


@message
class RaceRequested(Message):
    """The four ways down are to race."""


@message
class NewRunRequested(Message):
    """The form for a new run is to open."""


@message
class ChoiceMade(Message):
    """A field of a form got another of its known answers."""

    field: str
    choice: str


@message
class DraftKept(Message):
    """The form was left; `texts` is what was typed, by field."""

    texts: Mapping[str, str]


@message
class RunSubmitted(Message):
    """A form was completed."""

    spec: RunSpec
    name: str


@message
class RunRejected(Message):
    """A submitted run does not fit its data: the field, and what would fit."""

    field: str
    sentence: str


@message
class RunsQueued(Message):
    """Runs are in the queue and workers were started."""

    run_ids: tuple[int, ...]


@message
class StopRequested(Message):
    """A run is to be stopped, once somebody has said yes."""

    run_id: int


@message
class SteeringRequested(Message):
    """A run is to be paused or resumed."""

    run_id: int
    verb: Literal["pause", "resume"]


@message
class StepSizeScaled(Message):
    """The step size of a run is to be multiplied by a factor."""

    run_id: int
    factor: float


@message
class DeletionRequested(Message):
    """A run is to be deleted, once somebody has said yes."""

    run_id: int


@message
class RunDeleted(Message):
    """A run is out of sight, and can be brought back."""

    run_id: int
    sentence: str


@message
class UndoRequested(Message):
    """The run that was deleted last is to be brought back."""


@message
class ForkRequested(Message):
    """The form for a fork of a run is to open; `at` is the iteration that it proposes, `remark` is said beside it."""

    run_id: int
    at: int
    remark: str = ""


@message
class EditRequested(Message):
    """A run's name, tags and note are to be changed."""

    run_id: int


@message
class FilterRequested(Message):
    """The list's filter is to be changed."""


@message
class WorkersRequested(Message):
    """How many workers there may be is to be changed."""


@message
class CommandPicked(Message):
    """A command was picked by name: `action` is to be run on the board."""

    action: str


@message
class OrderAnswered(Message):
    """The store answered an order: `sentence` is for people, `failed` when nothing came of it."""

    sentence: str
    failed: bool = False


@message
class ReplayRequested(Message):
    """Runs are to be played back, in the order in which they were marked."""

    run_ids: tuple[int, ...]


@message
class ReplayLeft(Message):
    """Back to the live view."""


@message
class ClockTurned(Message):
    """A replay's clock stands or goes otherwise than before: what it shows is wanted now."""


@message
class AddressRequested(Message):
    """The command that opens the shown moment is to be copied."""


@message
class ScrubberDragged(Message):
    """The mouse is at a share, 0 to 1, of a replay's length."""

    share: float


@message
class SignalCaught(Message):
    """The system asked the program to leave."""

    number: int
