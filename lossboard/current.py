"""Current: the run that this program logs now: starts it, ends it with the program, logs to it without naming it."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic

from lossboard.failure import Ending, Leaving, ending_of
from lossboard.observed.started_as import own_script
from lossboard.run import Notes, Run
from lossboard.values import config_of, text_of, words_of

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Any, Literal

RESUME = ("never", "allow", "must")
MODES = ("", "disabled")
RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
"""Environment variables with the number of a process among those that train together; only the first one logs."""

SIGNAL_WAIT_S = 1.0

NOTHING = "nothing is being logged: call lossboard.start() first"

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
    capture_output: bool = False,
    system_metrics: bool = False,
) -> Run:
    """Begin to log a run, and end the one before. Use it as a context, or call `finish`.

    `id` and `resume` go on with a run of an earlier program: `allow` where there is one, `must` where there has to be.
    `db` is the store, else $LOSSBOARD_DB, else runs.db. `mode` (or $LOSSBOARD_MODE) disabled logs nothing, as do child
    processes after a fork and all but the first of processes that train together. With `beside` the run before stays
    open. `capture_output` keeps what the program and its children print, `system_metrics` logs what they use. Raises
    ValueError or TypeError with a sentence for an argument that does not fit; nothing else.
    """
    global _current
    facts = {
        "name": text_of("name", name) or _program(),
        "project": text_of("project", project),
        "group": text_of("group", group),
        "notes": text_of("notes", notes),
        "config": config_of(config),
        "tags": words_of("tags", tags),
        "resume": _one_of("resume", resume, RESUME),
        "stream": os.urandom(16).hex(),
        "python": sys.version.split()[0],
        "program": sys.argv[0] if sys.argv else "",
    }
    facts["logged_id"] = text_of("id", id) or facts["stream"]
    if resume != "never" and not id:
        raise ValueError(f"resume={resume!r} needs the id of the run to go on with: id=...")
    chosen = _one_of("mode", mode or os.environ.get("LOSSBOARD_MODE", ""), MODES)
    is_silent = chosen == "disabled" or any(os.environ.get(rank, "0") not in ("", "0") for rank in RANKS)
    store = _store(db) if not is_silent else ""
    script = None if is_silent or beside or resume != "never" else own_script(store if db is not None else "")
    if script is not None:
        store = script["store"]
        facts["attach"] = [script["run"], script["attempt"]]
        facts["elapsed_s"] = script["elapsed"] + monotonic() - script["began"]
    if _current is not None and beside:
        _beside.append(_current)
    elif _current is not None:
        _current.finish()
    _current = _begin(facts, store, is_silent, captures=capture_output and script is None, samples=system_metrics)
    _hook()
    return _current


def current_run() -> Run:
    """The run that was started last. Raises RuntimeError where there is none."""
    if _current is None:
        raise RuntimeError(NOTHING)
    return _current


def __getattr__(name: str) -> Notes:
    """`config` and `summary` of the current run. Raises AttributeError where there is none."""
    if name not in ("config", "summary"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _current is None:
        raise AttributeError(f"there is no {name}: {NOTHING}")
    return _current.config if name == "config" else _current.summary


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


def _begin(facts: dict[str, Any], store: str, is_silent: bool, *, captures: bool, samples: bool) -> Run:
    """Make a run, with what it observes of its program: modules that few need are imported by those."""
    captured = None
    if captures and not is_silent:
        from lossboard.observed.capture import capture

        captured = capture(lambda sentence: print(f"lossboard: {sentence}", file=sys.stderr))
    run = Run(facts, store, is_silent=is_silent, captured=captured)
    if samples and not is_silent:
        from lossboard.observed.system import Sampler

        run.at_end(Sampler(run.sample, lambda: run.recorder).stop)
    return run


def _end(ending: Ending, wait_s: float | None = None) -> None:
    for run in _all():
        run.end(ending) if wait_s is None else run.end(ending, wait_s)


def _hook() -> None:
    """Have the end of this program end its run, once: its exit, an exception, SIGTERM; and its children keep still."""
    global _hooked
    if _hooked:
        return
    _hooked = True
    leaving = Leaving(sys.exit)
    sys.exit = leaving.exit
    atexit.register(lambda: _end(leaving.ending))
    os.register_at_fork(after_in_child=_silence)
    before = sys.excepthook

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        try:
            before(kind, error, trace)  # first: what it prints belongs to the run
        finally:
            _end(ending_of(error))

    sys.excepthook = failed
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)


def _terminated(number: int, _frame: FrameType | None) -> None:
    """Handler of SIGTERM: end the run, then the program as it would have ended without us."""
    _end(Ending("cancelled", "stopped by SIGTERM"), SIGNAL_WAIT_S)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _silence() -> None:
    """Have a child after a fork log nothing, and end by SIGTERM as it would without us: a handler in Python runs once a
    call has returned, and a worker's call for more work may never."""
    for run in _all():
        run.silence()
    if signal.getsignal(signal.SIGTERM) is _terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _all() -> list[Run]:
    return _beside if _current is None else [*_beside, _current]


def _program() -> str:
    return os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0] or "run"


def _store(db: str | os.PathLike[str] | None) -> str:
    """The absolute path of the store. Raises TypeError for what is no path, ValueError where no store can be there."""
    try:
        named = os.fspath(db) if db is not None else os.environ.get("LOSSBOARD_DB") or "runs.db"
    except TypeError:
        raise TypeError(f"db: give a path, not {type(db).__name__}") from None
    path = os.path.abspath(os.path.expanduser(text_of("db", named)))
    if os.path.isdir(path):
        raise ValueError(f"db: {path} is a folder; name a file, such as {os.path.join(path, 'runs.db')}")
    if not os.path.isdir(os.path.dirname(path)):
        raise ValueError(f"db: the folder {os.path.dirname(path)} does not exist; create it, or name another file")
    return path


def _one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ValueError(f"{name}: give one of {', '.join(filter(None, choices))}, not {value!r}"[:300])
    return str(value)
