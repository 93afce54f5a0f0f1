"""Config: the values of their programs' configs in which logged runs differ, as they stand in legends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.store import Run
from engine.store.list.config_variety import differing_values, shown
from engine.store.list.logged_fields import PREFIX
from engine.store.records.config import flat
from engine.text import clean
from tui.model.snapshot import Snapshot

MOST = 6
"""Most values that are told of a run; the first ones tell most."""

WIDEST_NAME, WIDEST_VALUE = 24, 24


def differing_config(snapshot: Snapshot, runs: Iterable[Run]) -> tuple[str, ...]:
    """The config values in which the logged ones of some runs differ, as fields, the most telling first."""
    configs = [snapshot.of(run.run_id).logged.config for run in runs if run.kind != "engine"]
    found = differing_values(configs) if len(configs) > 1 else ()
    return tuple(f"{PREFIX['config']}{name}" for name in found[:MOST])


def config_settings(config: str, fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The name and the value of each of the fields that a config has; of a nested value the last part of its name."""
    values = flat(config)
    for field in fields:
        name = field.removeprefix(PREFIX["config"])
        if name != field and name in values:
            yield clean(name.rpartition(".")[2] or name, WIDEST_NAME), clean(shown(values[name]), WIDEST_VALUE)
