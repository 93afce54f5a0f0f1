"""Scripts: what a worker gets with a run of somebody's own command, and what it tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.spec.script import ScriptSpec
from engine.store.records.logged import Printed

if TYPE_CHECKING:
    from engine.store.records.logged import Measured
    from engine.store.records.recorded import Command


@dataclass(frozen=True, slots=True)
class ScriptClaim:
    """A worker's exclusive right to start a script and to tell what becomes of it, for one attempt.

    `environment` are the variables that were recorded where it was launched. `elapsed_s` continues an earlier
    attempt; `slot` is the one that it has of its pool, such as gpu:1, or '';
    `retries` is how often it was started again.
    """

    run_id: int
    spec: ScriptSpec
    worker_id: int
    attempt: int
    environment: Mapping[str, str] = field(default_factory=dict)
    elapsed_s: float = 0.0
    slot: str = ""
    retries: int = 0


@dataclass(frozen=True, slots=True)
class ScriptNews:
    """What a worker stores of a script at a time: `measured` by metric are numbers read from what it `printed`.

    `understood` is a JSON array of what was read how (None: unchanged). `applied` has (command id, step, outcome) of
    the commands answered since the last time.
    """

    elapsed_s: float
    printed: tuple[Printed, ...] = ()
    measured: Mapping[str, Measured] = field(default_factory=dict)
    understood: str | None = None
    applied: tuple[tuple[int, int | None, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptStanding:
    """What the store says of a running script: its waiting commands, oldest first, whether its program logs itself
    (`is_recorded`: then nothing that it prints is read) and asks for commands (`listens`), its next step,
    whether it is stored as paused,
    and why it has just been dropped from its race ('': it was not)."""

    commands: tuple[Command, ...] = ()
    is_recorded: bool = False
    listens: bool = False
    steps: int = 0
    is_paused: bool = False
    dropped: str = ""
