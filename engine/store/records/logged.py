"""Logged: what the store knows of a run that another program logs, and the right to write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["engine", "logged", "script", "imported"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Resume = Literal["never", "allow", "must"]

LOST = "lost: its program ended without a word"
"""The reason of a run whose program was killed, which its recorder sees at once."""


@dataclass(frozen=True, slots=True)
class LoggedFacts:
    """What a program says of its run when it begins; `config` is a JSON object as text.

    `logged_id` is what the program calls it, and `resume` whether it goes on with a run of that id. `stream` names
    the process that logs: a recorder that takes the place of another one says the same. `attach` is the script run (its
    id and attempt) that the program was started as, and `elapsed_s` how long that ran before it began to log.
    """

    stream: str
    logged_id: str
    name: str = ""
    resume: Resume = "never"
    project: str = ""
    group: str = ""
    config: str = "{}"
    tags: tuple[str, ...] = ()
    note: str = ""
    environment: str = ""
    attach: tuple[int, int] | None = None
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LoggedClaim:
    """A recorder's exclusive right to write one run, for one attempt.

    `received` bytes of the run's stream are stored already. `elapsed_s` and `next_step` continue a run that its
    program goes on with; 0 for a new one. `notice` is a sentence for the program's user, usually ''. With `is_attached`
    the run is a script's, whose state and output its worker writes; `is_again`: an earlier attempt at it has logged.
    """

    run_id: int
    worker_id: int
    attempt: int
    received: int = 0
    elapsed_s: float = 0.0
    next_step: int = 0
    notice: str = ""
    is_attached: bool = False
    is_again: bool = False


UNTIMED = -(1 << 63)
"""The time of a value whose time is not told."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Values of one metric in the order in which they were logged: columns of shape (n,), of a step's values the last
    one counts. A time of UNTIMED is not told."""

    step: NDArray[np.int64]
    elapsed_us: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.step)


@dataclass(frozen=True, slots=True)
class Printed:
    """Text that a run's program printed on a stream, with the run's next step and the time since it began.

    As read, `part` is how many bytes of UTF-8 were printed before it, and `left_out` how many of these, next to it, are
    not kept.
    """

    stream: Literal["out", "err"]
    text: str
    step: int | None = None
    elapsed_us: int | None = None
    part: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a run: `count` steps have a value, from `first_step` to `last_step`; `last` is that of the last.

    `low` and `high` are of the finite values, NaN without any.
    """

    name: str
    count: int
    first_step: int
    last_step: int
    last: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LoggedBackground:
    """What a logged run's program said of it; `config`, `summary` and `knobs` are JSON objects as text, or ''.

    `place` is the file or folder that an imported run was read from, `scraped` tells what was read from a script's
    output, as a JSON array.
    """

    project: str = ""
    group: str = ""
    config: str = ""
    summary: str = ""
    knobs: str = ""
    logged_id: str = ""
    place: str = ""
    scraped: str = ""


@dataclass(frozen=True, slots=True)
class LoggedNews:
    """What else a recorder stores with a batch of measurements.

    `marks` are (step, text); `config`, `summary` and `knobs` replace the stored JSON objects, and `name`, `tags` and
    `note` what the run is called (None: unchanged); `received` is the position in the stream after all of it. `listens`
    says whether its program has asked for commands, `waits` whether it waits while it is paused.
    """

    received: int
    elapsed_s: float
    marks: tuple[tuple[int, str], ...] = ()
    config: str | None = None
    summary: str | None = None
    knobs: str | None = None
    evaluations: tuple[tuple[int, str, float, float], ...] = field(default=())
    applied: tuple[tuple[int, int | None, str], ...] = ()
    output: tuple[Printed, ...] = ()
    name: str | None = None
    tags: tuple[str, ...] | None = None
    note: str | None = None
    listens: bool | None = None
    waits: bool | None = None
    exit_code: int | None = None
