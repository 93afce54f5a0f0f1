"""Describe: a run in words, and the fields in which runs differ."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from engine.spec import FIELDS, RunSpec, SpecError, short_name
from engine.store import Run, SweepTitle
from engine.store.records.runs import OF_KIND
from engine.text import clean
from tui.text import numbers

LAST = ("iterations", "seconds", "patience", "divergence_factor", "pace", "seed", "metrics")
"""Fields that say how far a run goes, not how: named last, and dropped first if there is no room."""


def label(run: Run) -> str:
    """The short name of a run's strategy, such as 'gradient b256'."""
    if run.spec is not None:
        return run.spec.label
    return run.kind if run.kind in OF_KIND else "unreadable spec"


def given_name(run: Run, longest: int = 200) -> str:
    """The name that a person gave the run, cleaned, in `longest` characters; '' if its name is the strategy's."""
    name = clean(run.name, longest)
    return "" if name == label(run) else name


def describe(run: Run) -> str:
    """The run's spec in words, after its given name."""
    name = given_name(run)
    if run.spec is None:
        return name or (
            f"a run that {OF_KIND[run.kind]}" if run.kind in OF_KIND else "a spec that this version cannot read"
        )
    return " · ".join(filter(None, [name, *spec_texts(run.spec, step_size_now=run.step_size_now)]))


def in_force(run: Run) -> RunSpec | None:
    """The run's spec with its present step size, which steering changes without changing the stored spec."""
    return run.spec if run.spec is None or run.step_size_now is None else _steered(run.spec, run.step_size_now)


@lru_cache(maxsize=256)
def _steered(spec: RunSpec, step_size: float) -> RunSpec:
    try:
        return spec.changed(step_size=step_size)
    except SpecError:  # another program wrote an invalid step size
        return spec


def spec_texts(spec: RunSpec, without: Collection[str] = (), step_size_now: float | None = None) -> list[str]:
    """The settings of a run in words, except the fields in `without`.

    `step_size_now` is the present step size if it is not the spec's.
    """
    has_margin = "delta" not in without and spec.decides("delta")
    batch = "full batch" if spec.batch_size is None else f"batch {spec.batch_size}"
    strength = numbers.setting(spec.regularization_strength)
    objective = clean(short_name(spec.objective), 60)
    texts = {
        "strategy": spec.kind.label,
        "update": clean(short_name(spec.update), 60) if spec.decides("update") and spec.update != "vanilla" else "",
        "batch_size": batch if spec.kind.batches and spec.has_data else "",
        "step_size": f"step size {_step_size(spec, step_size_now)}" if spec.decides("step_size") else "",
        "schedule": spec.schedule if spec.decides("schedule") and spec.schedule != "constant" else "",
        "objective": f"{objective} Δ {numbers.setting(spec.delta)}" if has_margin else objective,
        "dimensions": f"{spec.dimensions} weights" if spec.decides("dimensions") else "",
        "regularization_strength": f"λ {strength}" if spec.decides("regularization_strength") else "",
        "dataset": spec.dataset if spec.has_data else "",
        "seed": f"seed {spec.seed}",
        "pace": "" if spec.pace is None else f"pace {numbers.setting(spec.pace)}/s",
    }
    return [text for field, text in texts.items() if text and field not in without]


def _step_size(spec: RunSpec, now: float | None) -> str:
    text = numbers.setting(spec.step_size)
    return text if now is None or now == spec.step_size else f"{text} → {numbers.setting(now)}"


def field_label(name: str) -> str:
    """The label of a field; the cleaned name if the field is unknown."""
    return FIELDS[name].label if name in FIELDS else clean(name, 40)


def sweep_words(title: SweepTitle) -> str:
    """The swept fields and, if it says more, the sweep's name: step size · wide range."""
    fields = " x ".join(field_label(name) for name in (title.parameter, title.second_parameter) if name)
    name = clean(title.name, 80)
    if name.startswith(fields) or not name:
        return name or fields
    return f"{fields} · {name}" if name != title.parameter else fields


@lru_cache(maxsize=16)
def differing(specs: tuple[RunSpec, ...]) -> tuple[str, ...]:
    """The names of the fields in which the specs differ, those in LAST at the end."""
    if len(specs) < 2:
        return ()
    names = [name for name in RunSpec.__dataclass_fields__ if len({getattr(spec, name) for spec in specs}) > 1]
    return tuple(sorted(names, key=lambda name: LAST.index(name) if name in LAST else -1))


def progress(run: Run) -> float | None:
    """The used share of a run's budget, which may exceed 1; None without a budget."""
    shares = []
    if run.spec is not None and run.spec.iterations:
        shares.append(run.iterations_done / run.spec.iterations)
    if run.spec is not None and run.spec.seconds:
        shares.append(run.elapsed_s / run.spec.seconds)
    return max(shares) if shares else None
