"""W&B: what programs call of wandb, into the store: `import lossboard.wandb as wandb`; of trackio, too.

Metrics, config, summary, names, tags and notes are kept; media and files are told once a kind and dropped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from lossboard.current import start
from lossboard.shim import Dropped, kind_of_dropped, plain, tell_once
from lossboard.values import config_of
from lossboard.wandb_run import Artifact as Artifact
from lossboard.wandb_run import Entries as Config  # noqa: F401
from lossboard.wandb_run import Run as Run
from lossboard.wandb_run import Settings as Settings

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

ELSEWHERE = {
    "Api": "the store answers: `lossboard list --json`",
    "agent": "sweeps are started with `lossboard sweep`",
    "controller": "sweeps are started with `lossboard sweep`",
    "sweep": "sweeps are started with `lossboard sweep`",
}
"""What other programs do here, and what does it instead."""

BY_RUN = ("run", "config", "summary")
"""Names that stand for the run that is open; a program that sets one hides it until the next `init`."""

OF_SERVERS = {
    "allow_val_change", "anonymous", "auto_log_cpu", "auto_log_gpu", "bucket_id", "cpu_log_interval", "dataset_id",
    "dir", "embed", "entity", "force", "gpu_log_interval", "private", "server_url", "space_id", "webhook_min_level",
    "webhook_url",
}  # fmt: skip
"""Arguments of `init` about servers, accounts and folders, of which there is nothing to say here."""

MODES = ("online", "offline", "shared", "run", "dryrun", "cloud", "local", "disabled")


class Error(Exception):
    """A call that cannot be answered."""


class UsageError(Error):
    """A call that comes at the wrong time, or asks for something that is not here."""


class CommError(Error):
    """Never raised: nothing is sent anywhere."""


class errors:  # noqa: N801
    """The exceptions, under the name that programs catch them by."""

    Error, UsageError, CommError = Error, UsageError, CommError


class AlertLevel:
    """How urgent an alert is."""

    INFO, WARN, ERROR = "INFO", "WARN", "ERROR"


Audio = kind_of_dropped("sounds")
Graph = kind_of_dropped("graphs")
Histogram = kind_of_dropped("histograms")
Html = Markdown = kind_of_dropped("pages")
Image = kind_of_dropped("images")
Molecule = Object3D = kind_of_dropped("three-dimensional objects")
Plotly = kind_of_dropped("plots")
Table = JoinedTable = EvalTable = kind_of_dropped("tables")
Trace = kind_of_dropped("traces")
Video = kind_of_dropped("videos")


class _Plots:
    """wandb.plot: each of its functions gives a plot, which is dropped."""

    def __getattr__(self, name: str) -> Callable[..., Dropped]:
        return Plotly


plot = _Plots()


class _Before:
    """What stands for the current run's config and summary while there is none."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UsageError(f"call wandb.init() before wandb.{self._name}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise UsageError(f"call wandb.init() before wandb.{self._name}")

    def __getitem__(self, name: str) -> Any:
        raise UsageError(f"call wandb.init() before wandb.{self._name}")

    def __setitem__(self, name: str, value: Any) -> None:
        raise UsageError(f"call wandb.init() before wandb.{self._name}")


_newest: Run | None = None
"""The current run, which may have ended."""


def init(
    project: str | None = None, name: str | None = None, group: str | None = None, *, config: Any = None,
    tags: Any = None, notes: str | None = None, id: str | None = None, mode: str | None = None,  # noqa: A002
    resume: Any = None, reinit: Any = None, job_type: str | None = None, settings: Any = None,
    config_exclude_keys: Iterable[str] | None = None, config_include_keys: Iterable[str] | None = None, **others: Any,
) -> Run:  # fmt: skip
    """Begin a run, as wandb.init and trackio.init do; arguments about servers and accounts have no effect.

    While a run is open it is the answer, unless `reinit` or another name or id asks for another; "create_new" leaves it
    open, and the current one. Variables
    WANDB_MODE, WANDB_PROJECT, WANDB_NAME, WANDB_RUN_GROUP, WANDB_RUN_ID, WANDB_RESUME, WANDB_NOTES and WANDB_TAGS (by
    commas) stand for arguments that are not given. Raises ValueError or TypeError with a sentence.
    """
    global _newest
    given = settings if isinstance(settings, Mapping) else vars(settings) if isinstance(settings, Settings) else {}

    def chosen(value: Any, *names: str) -> Any:
        if value is not None:
            return value
        return next((given[each] for each in names if given.get(each) is not None), os.environ.get(names[-1]) or None)

    mode = chosen(mode, "mode", "WANDB_MODE") or "online"
    if mode not in MODES:
        raise ValueError(f"mode: give one of {', '.join(MODES)}, not {mode!r}"[:300])
    name, id = chosen(name, "run_name", "WANDB_NAME"), chosen(id, "run_id", "WANDB_RUN_ID")  # noqa: A001
    reinit = chosen(reinit, "reinit", "WANDB_REINIT")
    for other in sorted(others.keys() - OF_SERVERS):
        if others[other]:
            tell_once(f"{other} of init() has no effect")
    if _newest is not None and not _newest.has_ended and not _asks_for_another(_newest, reinit, name, id):
        tell_once("init() gives the run that is open: finish() it first, or give reinit='finish_previous'")
        _newest.config.update(config)
        return _newest
    job_type = chosen(job_type, "run_job_type", "WANDB_JOB_TYPE")
    words = chosen(tags, "run_tags", "WANDB_TAGS")
    facts = {
        "project": chosen(project, "project", "WANDB_PROJECT"),
        "group": chosen(group, "run_group", "WANDB_RUN_GROUP"),
        "notes": chosen(notes, "run_notes", "WANDB_NOTES") or "",
        "tags": [*(words.split(",") if isinstance(words, str) else words or ()), *([job_type] if job_type else ())],
        "resume": _resume(chosen(resume, "resume", "WANDB_RESUME"), id),
    }
    logged = start(
        name,
        **facts,
        id=id,
        config=_chosen_config(config, config_exclude_keys, config_include_keys),
        mode="disabled" if mode == "disabled" else None,
        beside=reinit == "create_new",
    )
    for shadow in BY_RUN:
        globals().pop(shadow, None)
    made = Run(logged, {**facts, "job_type": job_type}, disabled=mode == "disabled")
    if reinit != "create_new":
        if _newest is not None:
            _newest.finish()
        _newest = made
    return made


def _asks_for_another(before: Run, reinit: Any, name: Any, id: Any) -> bool:  # noqa: A002
    if reinit in (True, "finish_previous", "create_new"):
        return True
    return bool((name and name != before.name) or (id and id != before.id))


def _resume(resume: Any, id: Any) -> Any:  # noqa: A002
    if resume in (None, False, "", "never"):
        return "never"
    if resume in (True, "auto", "allow"):
        return "allow" if id else "never"
    return resume


def _chosen_config(given: Any, left_out: Iterable[str] | None, kept: Iterable[str] | None) -> dict[str, Any]:
    found = plain(config_of(given))
    without = {key: value for key, value in found.items() if key not in (left_out or ())}
    return without if kept is None else {key: value for key, value in without.items() if key in kept}


def _current(call: str) -> Run:
    """The run for a call; after `finish`, the one that has ended. Raises UsageError before the first `init`."""
    if _newest is None:
        raise UsageError(f"call wandb.init() before wandb.{call}()")
    return _newest


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None) -> None:
    """`Run.log` of the current run."""
    _current("log").log(data, step, commit)


def log_system(metrics: Mapping[str, Any], *_args: Any, **_kwargs: Any) -> None:
    """`Run.log_system` of the current run."""
    _current("log_system").log_system(metrics)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the current run, if there is one."""
    if _newest is not None:
        _newest.finish(exit_code)


join = teardown = finish


def __getattr__(name: str) -> Any:
    """The open run, its config and summary, and its methods as functions.

    Raises UsageError where something else does it, AttributeError for another name.
    """
    if name in BY_RUN:
        opened = None if _newest is None or _newest.has_ended else _newest
        return opened if name == "run" else _Before(name) if opened is None else getattr(opened, name)
    if name in ELSEWHERE:
        raise UsageError(f"wandb.{name} is not here: {ELSEWHERE[name]}")
    if not name.startswith("_") and callable(getattr(Run, name, None)):
        return lambda *args, **kwargs: getattr(_current(name), name)(*args, **kwargs)
    raise AttributeError(f"lossboard.wandb has no {name!r}")


def login(*_args: Any, **_kwargs: Any) -> bool:
    """True: nobody has to log in."""
    return True


def setup(*_args: Any, **_kwargs: Any) -> None:
    """Nothing has to be set up."""


require = ensure_configured = termsetup = setup


def termlog(string: str = "", *_args: Any, **_kwargs: Any) -> None:
    """Say something on standard error."""
    print(f"wandb: {string}", file=sys.stderr)


termwarn = termerror = termlog


def show(*_args: Any, **_kwargs: Any) -> None:
    """Say where the dashboard is."""
    tell_once("the dashboard is the command `lossboard`")
