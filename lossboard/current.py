"""Current: the run that this program logs now: starts it, ends it with the program, logs to it without naming it."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence

from lossboard.failure import Ending, ending_of
from lossboard.run import Run
from lossboard.values import config_of

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Any, Literal

RESUME = ("never", "allow", "must")
MODES = ("", "disabled")
RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
"""Environment variables with the number of a process among those that train together; only the first one logs."""

SIGNAL_WAIT_S = 1.0

_current: Run | None = None
_beside: list[Run] = []
"""Runs that were left open when another one was started beside them."""

_hooked = False


def start(
    name: str | None = None,
    *,
    project: str | None = None,
    config: Any = None,
    tags: Sequence[str] = (),
    group: str | None = None,
    notes: str = "",
    id: str | None = None,  # noqa: A002
    resume: Literal["never", "allow", "must"] = "never",
    db: str | os.PathLike[str] | None = None,
    mode: Literal["disabled"] | None = None,
    beside: bool = False,
) -> Run:
    """Begin to log a run, and end the one before. Use it as a context, or call `finish`.

    `id` and `resume` go on with a run of an earlier program: `allow` where there is one, `must` where there has to be.
    `db` is the store, else $LOSSBOARD_DB, else runs.db. `mode` (or $LOSSBOARD_MODE) disabled logs nothing, as do child
    processes after a fork and all but the first of processes that train together. With `beside` the run before stays
    open. Raises ValueError or TypeError with a sentence for an argument that does not fit; nothing else.
    """
    global _current
    facts = {
        "name": _text("name", name) or _program(),
        "project": _text("project", project),
        "group": _text("group", group),
        "notes": _text("notes", notes),
        "config": config_of(config),
        "tags": _words("tags", tags),
        "resume": _one_of("resume", resume, RESUME),
        "stream": os.urandom(16).hex(),
        "python": sys.version.split()[0],
        "program": sys.argv[0] if sys.argv else "",
    }
    facts["logged_id"] = _text("id", id) or facts["stream"]
    if resume != "never" and not id:
        raise ValueError(f"resume={resume!r} needs the id of the run to go on with: id=...")
    chosen = _one_of("mode", mode or os.environ.get("LOSSBOARD_MODE", ""), MODES)
    is_silent = chosen == "disabled" or any(os.environ.get(rank, "0") not in ("", "0") for rank in RANKS)
    store = _store(db) if not is_silent else ""
    if _current is not None and beside:
        _beside.append(_current)
    elif _current is not None:
        _current.finish()
    _current = Run(facts, store, is_silent=is_silent)
    _hook()
    return _current


def current_run() -> Run:
    """The run that was started last. Raises RuntimeError where there is none."""
    if _current is None:
        raise RuntimeError("nothing is being logged: call lossboard.start() first")
    return _current


def log(
    data: Mapping[str, Any] | None = None, /, *, step: int | None = None, commit: bool | None = None, **metrics: Any
) -> None:
    """`Run.log` of the current run."""
    current_run().log(data, step=step, commit=commit, **metrics)


def steps(count: int) -> Iterator[int]:
    """`Run.steps` of the current run."""
    return current_run().steps(count)


def should_stop() -> bool:
    """`Run.should_stop` of the current run."""
    return current_run().should_stop


def knob(name: str, default: float, *, low: float | None = None, high: float | None = None) -> float:
    """`Run.knob` of the current run."""
    return current_run().knob(name, default, low=low, high=high)


def mark(text: str, *, step: int | None = None) -> None:
    """`Run.mark` of the current run."""
    current_run().mark(text, step=step)


def evaluate(split: str, *, loss: float, accuracy: float | None = None, step: int | None = None) -> None:
    """`Run.evaluate` of the current run."""
    current_run().evaluate(split, loss=loss, accuracy=accuracy, step=step)


def finish(exit_code: int = 0) -> None:
    """`Run.finish` of the current run."""
    current_run().finish(exit_code)


def _end(ending: Ending, wait_s: float | None = None) -> None:
    for run in _all():
        run.end(ending) if wait_s is None else run.end(ending, wait_s)


def _hook() -> None:
    """Have the end of this program end its run, once: its exit, an exception, SIGTERM; and its children keep still."""
    global _hooked
    if _hooked:
        return
    _hooked = True
    atexit.register(_end, Ending("finished"))
    os.register_at_fork(after_in_child=_silence)
    before = sys.excepthook

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _end(ending_of(error))
        before(kind, error, trace)

    sys.excepthook = failed
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)


def _terminated(number: int, _frame: FrameType | None) -> None:
    """Handler of SIGTERM: end the run, then the program as it would have ended without us."""
    _end(Ending("cancelled", "stopped by SIGTERM"), SIGNAL_WAIT_S)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _silence() -> None:
    for run in _all():
        run.silence()


def _all() -> list[Run]:
    return _beside if _current is None else [*_beside, _current]


def _program() -> str:
    return os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0] or "run"


def _store(db: str | os.PathLike[str] | None) -> str:
    """The absolute path of the store. Raises ValueError where none can be there."""
    named = os.fspath(db) if db is not None else os.environ.get("LOSSBOARD_DB") or "runs.db"
    path = os.path.abspath(os.path.expanduser(_text("db", named)))
    if os.path.isdir(path):
        raise ValueError(f"db: {path} is a folder; name a file, such as {os.path.join(path, 'runs.db')}")
    if not os.path.isdir(os.path.dirname(path)):
        raise ValueError(f"db: the folder {os.path.dirname(path)} does not exist; create it, or name another file")
    return path


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{name}: give text, not {type(value).__name__}")
    return value


def _words(name: str, value: Any) -> list[str]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise TypeError(f"{name}: give a list of words, not {type(value).__name__}")
    return [_text(name, each) for each in value]


def _one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ValueError(f"{name}: give one of {', '.join(filter(None, choices))}, not {value!r}"[:300])
    return str(value)
