"""Seed groups: runs of a chart that differ in their seed alone, folded into one that stands for their mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from engine.spec import RunSpec
from engine.store import Run
from tui.chart import ChartRun
from tui.presenting.describe import given_name, in_force, label

NO_CONFIGS: Mapping[int, str] = {}


def folded(
    drawn: Sequence[ChartRun], runs: Mapping[int, Run], configs: Mapping[int, str] = NO_CONFIGS
) -> tuple[ChartRun, ...]:
    """Return the runs with those that differ in their seed alone as one, in the place and colour of their first.

    Logged runs are told apart by their name and by what their programs were started with, in `configs`.
    """
    groups: dict[object, list[ChartRun]] = {}
    for one in drawn:
        spec = in_force(runs[one.run_id])
        config = _config_but_seed(configs.get(one.run_id, ""))
        alike = one.run_id if config is None else (runs[one.run_id].name, one.metric, config)
        groups.setdefault(alike if spec is None else _but_seed(spec), []).append(one)
    return tuple(group[0] if len(group) == 1 else _mean(group, runs) for group in groups.values())


@lru_cache(maxsize=256)
def _but_seed(spec: RunSpec) -> tuple[object, ...]:
    """The fields that define a run's losses, without the seed."""
    names = RunSpec.__dataclass_fields__.keys() - {"seed", "pace", "metrics"}
    return tuple(getattr(spec, name) for name in sorted(names))


SEEDS = frozenset({"seed", "random_seed", "random_state"})
"""What programs call their seed."""


@lru_cache(maxsize=256)
def _config_but_seed(config: str) -> str | None:
    """A config without its seed, as text; None where it has none, since then it does not tell runs apart."""
    try:
        found = json.loads(config)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not SEEDS.intersection(found):
        return None
    return json.dumps({name: value for name, value in found.items() if name not in SEEDS}, sort_keys=True)


def _mean(group: Sequence[ChartRun], runs: Mapping[int, Run]) -> ChartRun:
    first, longest = group[0], max(group, key=lambda one: one.done or 0)
    of_first, numbers = runs[first.run_id], _numbers([one.run_id for one in group])
    return replace(
        first,
        label=f"{numbers} {given_name(of_first) or label(of_first)} · {len(group)} seeds",
        curve=longest.curve,
        raw=True,
        done=longest.done,
        current=None,
        growing=any(one.growing for one in group),
        emphasised=any(one.emphasised for one in group),
        marks=(),
        companion=None,
        before=(),
        settings=tuple(pair for pair in first.settings if pair[0] != "seed"),
        members=tuple(group),
    )


def _numbers(run_ids: Sequence[int]) -> str:
    """Run numbers as text: 3-7, or 3,5,9 and more."""
    first, last = min(run_ids), max(run_ids)
    if last - first == len(run_ids) - 1:
        return f"{first}-{last}"
    return ",".join(map(str, run_ids[:3])) + ("…" if len(run_ids) > 3 else "")
