"""Every message between the rooms of the screen, once. Each is named after what has happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from engine.spec import RunSpec
from tui.choices import Choices, Row
from tui.snapshot import Snapshot


@dataclass
class SnapshotRead(Message):
    """The feed read something new."""

    snapshot: Snapshot


@dataclass
class ReadFailed(Message):
    """The feed could not read; `sentence` says why. The next read is tried all the same."""

    sentence: str


@dataclass
class ChoicesChanged(Message):
    """The viewer marked, moved or turned an axis."""

    choices: Choices


@dataclass
class RowPointed(Message):
    """A row of the table was clicked: a run or the title of a sweep."""

    row: Row


@dataclass
class SortRequested(Message):
    """The title of a column was clicked; `order` is what it sorts by."""

    order: str


@dataclass
class ChartScrolled(Message):
    """The wheel turned over the chart at `x` (None: beside the plot): `factor` times as close."""

    factor: float
    x: float | None


@dataclass
class ChartPointed(Message):
    """The mouse is over the chart at `x`."""

    x: float


@dataclass
class SentenceDismissed(Message):
    """What the screen told was put away."""


@dataclass
class RaceRequested(Message):
    """The three strategies are to race."""


@dataclass
class NewRunRequested(Message):
    """The form for a new run is to open."""


@dataclass
class ChoiceMade(Message):
    """A field of a form got another of its known answers."""

    field: str
    choice: str


@dataclass
class DraftKept(Message):
    """The form was left; `texts` is what was typed, by field."""

    texts: Mapping[str, str]


@dataclass
class RunSubmitted(Message):
    """A form was completed."""

    spec: RunSpec
    name: str


@dataclass
class RunRejected(Message):
    """A submitted run does not fit its data: the field, and what would fit."""

    field: str
    sentence: str


@dataclass
class RunsQueued(Message):
    """Runs are in the queue and workers were started."""

    run_ids: tuple[int, ...]


@dataclass
class StopRequested(Message):
    """A run is to be stopped, once somebody has said yes."""

    run_id: int


@dataclass
class StopConfirmed(Message):
    """Somebody has said yes."""

    run_id: int


@dataclass
class SteeringRequested(Message):
    """A run is to be steered: `verb` is pause, resume, halve or double (its step size)."""

    run_id: int
    verb: str


@dataclass
class DeletionRequested(Message):
    """A run is to be deleted, once somebody has said yes."""

    run_id: int


@dataclass
class DeletionConfirmed(Message):
    """Somebody has said yes."""

    run_id: int


@dataclass
class RunDeleted(Message):
    """A run is out of sight, and can be brought back."""

    run_id: int
    sentence: str


@dataclass
class UndoRequested(Message):
    """The run that was deleted last is to be brought back."""


@dataclass
class ForkRequested(Message):
    """The form for a fork of a run is to open; `at` is the iteration that it proposes, `remark` is said with it."""

    run_id: int
    at: int
    remark: str = ""


@dataclass
class ForkSubmitted(Message):
    """The form for a fork was completed; `texts` are its fields."""

    run_id: int
    texts: Mapping[str, str]


@dataclass
class EditRequested(Message):
    """A run's name, tags and note are to be changed."""

    run_id: int


@dataclass
class EditSubmitted(Message):
    """What a person calls a run and says about it; tags are separated by spaces or commas."""

    run_id: int
    texts: Mapping[str, str]


@dataclass
class FilterRequested(Message):
    """The list's filter is to be changed."""


@dataclass
class FilterSubmitted(Message):
    """A filter, as it was typed."""

    texts: Mapping[str, str]


@dataclass
class WorkersRequested(Message):
    """How many workers there may be is to be changed."""


@dataclass
class WorkersSubmitted(Message):
    """How many workers there may be, as it was typed."""

    texts: Mapping[str, str]


@dataclass
class CommandPicked(Message):
    """A command was picked by name: `action` is to be run on the board."""

    action: str


@dataclass
class SaveSubmitted(Message):
    """What is shown is to be saved under the name that was typed."""

    texts: Mapping[str, str]


@dataclass
class OrderAnswered(Message):
    """The store answered an order: `sentence` is for people, `failed` when nothing came of it."""

    sentence: str
    failed: bool = False


@dataclass
class ReplayRequested(Message):
    """Runs are to be played back, in the order in which they were marked."""

    run_ids: tuple[int, ...]


@dataclass
class ReplayLeft(Message):
    """Back to the live view."""


@dataclass
class ClockTurned(Message):
    """A replay's clock stands or goes otherwise than before: what it shows is wanted now."""


@dataclass
class AddressRequested(Message):
    """The command that opens the shown moment is to be copied."""


@dataclass
class ScrubberDragged(Message):
    """The mouse is at a share, 0 to 1, of a replay's length."""

    share: float


@dataclass
class SignalCaught(Message):
    """The system asked the program to leave."""

    number: int
