"""Every message between the rooms of the screen, once. Each is named after what has happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from engine.spec import RunSpec
from tui.choices import Choices
from tui.snapshot import Snapshot

if TYPE_CHECKING:
    from engine.sweep import SweepPlan
    from tui.probing import Probed
    from tui.sweep_draft import SweepDraft


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
class RunPointed(Message):
    """A row of the table was clicked."""

    run_id: int


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
    """The form for a fork of a run is to open; `at` is the iteration that it proposes."""

    run_id: int
    at: int


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
class SweepRequested(Message):
    """The dialog for a sweep is to open."""


@dataclass
class SweepDraftKept(Message):
    """The dialog for a sweep was left; `draft` is what stood in it."""

    draft: SweepDraft


@dataclass
class SweepTypingRequested(Message):
    """The values of a sweep are to be typed."""

    draft: SweepDraft


@dataclass
class SweepTyped(Message):
    """The values of a sweep, as they were typed."""

    texts: Mapping[str, str]


@dataclass
class SweepSubmitted(Message):
    """A sweep was put together and is to be queued."""

    plan: SweepPlan


@dataclass
class SweepStarted(Message):
    """A sweep is in the queue and workers were started; `sentence` says what it is."""

    sweep_id: int
    sentence: str


@dataclass
class SweepOpened(Message):
    """A sweep is to be looked at."""

    sweep_id: int


@dataclass
class SweepSteered(Message):
    """A whole sweep is to be steered: `verb` is pause, resume, stop or delete."""

    sweep_id: int
    verb: str


@dataclass
class SweepSteeringConfirmed(Message):
    """Somebody has said yes."""

    sweep_id: int
    verb: str


@dataclass
class RefinementRequested(Message):
    """A sweep is to be refined around its best value."""

    sweep_id: int


@dataclass
class SweepValuesRequested(Message):
    """More values are to be typed for a sweep."""

    sweep_id: int


@dataclass
class SweepValuesSubmitted(Message):
    """More values for a sweep, as they were typed."""

    sweep_id: int
    texts: Mapping[str, str]


@dataclass
class SweepRepetitionRequested(Message):
    """A sweep is to be repeated with something changed."""

    sweep_id: int


@dataclass
class SweepRepetitionSubmitted(Message):
    """What is to be changed in the repetition of a sweep; what stayed as it was is not in `texts`."""

    sweep_id: int
    texts: Mapping[str, str]


@dataclass
class SweepAnswered(Message):
    """The store answered an order about a sweep: `sentence` is for people, `failed` when nothing came of it."""

    sentence: str
    failed: bool = False


@dataclass
class SweepGone(Message):
    """A sweep was deleted."""

    sweep_id: int
    sentence: str


@dataclass
class UsualChosen(Message):
    """The spec of a run is to be what new runs and sweeps begin with."""

    run_id: int


@dataclass
class RunShown(Message):
    """A run is to be looked at on the board, alone."""

    run_id: int


@dataclass
class ProbeRequested(Message):
    """One step with each step size is to be tried from a run's weights at an iteration (None: the newest)."""

    run_id: int
    iteration: int | None = None


@dataclass
class ProbeAnswered(Message):
    """What one step with each step size leads to; or, when `probed` is None, why that cannot be told."""

    probed: Probed | None
    sentence: str = ""


@dataclass
class ProbedRunRequested(Message):
    """A run with a step size that was found by a probe is to start; `at`: it goes on from that iteration of the run."""

    run_id: int
    step_size: float
    at: int | None


@dataclass
class OrderAnswered(Message):
    """The store answered an order: `sentence` is for people, `failed` when nothing came of it."""

    sentence: str
    failed: bool = False


@dataclass
class SignalCaught(Message):
    """The system asked the program to leave."""

    number: int
