"""Runs as wandb and trackio have them, around a run of ours."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, MutableMapping

from lossboard.shim import Dropped, drop, kind_of_dropped, plain, quiet, tell_once
from lossboard.values import config_of, flat

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any, Self

    from lossboard.run import Run as LoggedRun

NUMBERS = {bool, float, int}
"""What needs no second look, and may be held: a tensor would keep its graph in memory."""

Artifact = kind_of_dropped("artifacts")


class Settings:
    """Settings of a run, by name; `init` takes those that it knows."""

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update(settings)


class Entries(MutableMapping[str, "Any"]):
    """Config or summary of a run: entries by name, as items and as attributes; `behind` is read where it has none."""

    def __init__(self, kept: dict[str, Any], behind: Mapping[str, Any] | None = None) -> None:
        self.__dict__.update(_kept=kept, _behind={} if behind is None else behind)

    def __getitem__(self, name: str) -> Any:
        return self._kept[name] if name in self._kept else self._behind[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        del self._kept[name]
        self._kept.update({})

    def __iter__(self) -> Iterator[str]:
        return iter({**self._behind, **self._kept})

    def __len__(self) -> int:
        return len({**self._behind, **self._kept})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"nothing is set under {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __repr__(self) -> str:
        return repr(dict(self))

    @quiet
    def update(self, d: Any = None, allow_val_change: bool | None = None, **entries: Any) -> None:  # type: ignore[override]
        """Set several entries: of a mapping, or of an object with attributes (argparse, a dataclass)."""
        self._kept.update(plain({**config_of(d), **entries}))

    @quiet
    def setdefaults(self, d: Any) -> None:
        """Set the entries that are not set yet."""
        self.update({key: value for key, value in config_of(d).items() if key not in self})

    def as_dict(self) -> dict[str, Any]:
        """The entries as a dictionary of their own."""
        return dict(self)


def _told_later(name: str) -> Any:
    """A property of the run behind, which may be set at any time."""

    def get(run: Run) -> Any:
        return getattr(run._logged, name)

    @quiet
    def set_later(run: Run, value: Any) -> None:
        setattr(run._logged, name, value or "" if name != "tags" else list(value or ()))

    return property(get, set_later)


class Run:
    """A run with the methods of wandb's and trackio's runs."""

    name, tags, notes = _told_later("name"), _told_later("tags"), _told_later("notes")
    sweep_id = None
    entity = ""
    dir = os.curdir
    offline = True
    url = project_url = None

    def __init__(self, logged: LoggedRun, facts: Mapping[str, Any], *, disabled: bool) -> None:
        self._logged = logged
        self._last: dict[str, Any] = {}
        self.config = Entries(logged.config)
        self.summary = Entries(logged.summary, self._last)
        self.project, self.group, self.job_type = facts["project"], facts["group"], facts["job_type"]
        self.settings, self.disabled, self.resumed = Settings(**facts), disabled, logged.step > 0
        self.start_time = time.time()
        self.has_ended = False

    @property
    def id(self) -> str:
        """What `init(id=..., resume=...)` goes on with."""
        return self._logged.id

    @property
    def path(self) -> str:
        """Project and id."""
        return f"{self.project}/{self.id}"

    @property
    def step(self) -> int:
        """The step of the next call of `log`."""
        return self._logged.step

    @quiet
    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        """Log numbers by name: at the next step, or at a given one, in any order. Media are dropped."""
        if self.has_ended:
            tell_once("what was logged after finish() is not kept")
        if not {*map(type, data.values())} <= NUMBERS:
            data = plain({name: value for name, value in flat(data) if not _is_dropped(value)})
        self._last.update({name: value for name, value in data.items() if type(value) in NUMBERS})
        self._logged.log(data, step=step, commit=commit)

    def log_system(self, metrics: Mapping[str, Any], *_args: Any, **_kwargs: Any) -> None:
        """Log numbers about the machine, as `system/...`, at the step of the next call of `log`."""
        self._logged.log({"system": metrics}, commit=False)

    @quiet
    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: finished, or failed with another exit code than 0."""
        self.has_ended = True
        self._logged.finish(exit_code or 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.has_ended = True
        self._logged.__exit__(kind, error, trace)

    @quiet
    def alert(self, title: str, text: str | None = "", *_args: Any, **_kwargs: Any) -> None:
        """Mark where the run is now."""
        self._logged.mark(f"{title}: {text}" if text else title)

    def define_metric(
        self, name: str, step_metric: Any = None, step_sync: bool | None = None, hidden: bool | None = None,
        summary: str | None = None, overwrite: bool | None = None,
    ) -> None:  # fmt: skip
        """Nothing: each metric has its own curve over steps."""
        if step_metric is not None:
            tell_once("metrics are drawn over steps: give step=... to log(), not a step_metric to define_metric()")

    def watch(self, models: Any, *_args: Any, **_kwargs: Any) -> None:
        """Dropped."""
        drop("gradients and weights of watched models")

    def unwatch(self, models: Any = None) -> None:
        """Nothing is watched."""

    def log_artifact(self, *_args: Any, **_kwargs: Any) -> Any:
        """Dropped."""
        return Artifact()

    use_artifact = link_artifact = log_model = use_model = link_model = log_artifact

    def save(self, *_args: Any, **_kwargs: Any) -> bool:
        """Dropped."""
        drop("files")
        return True

    log_code = restore = save

    def mark_preempting(self) -> None:
        """Nothing: a run that is killed is known as lost at once."""


def _is_dropped(value: Any) -> bool:
    if isinstance(value, (list, tuple)) and value:
        return isinstance(value[0], Dropped)
    return isinstance(value, Dropped)
