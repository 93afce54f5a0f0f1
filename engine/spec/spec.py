"""RunSpec: everything that defines a run, validated, and converted to and from text fields and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from engine.spec.fields import FIELDS, NETWORKS
from engine.spec.parsing import SpecError, as_text, near_match, shown
from engine.spec.strategy_kinds import STRATEGY_KINDS, StrategyKind

OBJECTIVE_DEFAULTS: dict[str, dict[str, Any]] = {
    "two-layer": {"initial_scale": 0.1},
    "two-layer-svm": {"initial_scale": 0.1},
    **{name: {"initial_scale": 1.0, "start": "he"} for name in sorted(NETWORKS)},
}
"""Defaults that depend on the objective: the gradient of a net vanishes near zero weights."""

DESCENT_DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp-svm": {"step_size": 0.03},
    "convnet": {"step_size": 0.05, "batch_size": 64},
    "convnet-svm": {"step_size": 0.02, "batch_size": 64},
}
"""Where gradient descent's differ for an objective: a third of the step sizes that diverge on digits and
synthetic-cifar, and batches that take no longer than those of the others."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything that defines a run. Equal specs give the same run, bit for bit, on one machine.

    `batch_size` None is the full batch, the only one that some strategies take; `hidden` and `channels` are whole
    numbers with commas between; at least one of the budgets `iterations` and `seconds` must be set; `pace`
    (iterations/s) slows a run down so that people can watch it. Raises SpecError, naming the field, if a value is
    invalid.
    """

    strategy: str = "gradient-descent"
    objective: str = "svm"
    dataset: str = "digits"
    step_size: float = 0.1
    batch_size: int | None = 256
    regularization_strength: float = 0.001
    regularize_bias: str = "yes"
    delta: float = 1.0
    hidden_size: int = 50
    hidden: str = "128,64"
    channels: str = "16,32"
    activation: str = "relu"
    pooling: str = "max"
    normalization: str = "none"
    residual: str = "no"
    dropout: float = 0.0
    start: str = "plain"
    initial_scale: float = 0.001
    sampling: str = "replacement"
    update: str = "vanilla"
    momentum: float = 0.9
    rms_decay: float = 0.99
    beta1: float = 0.9
    beta2: float = 0.999
    decoupled_decay: float = 0.01
    clip_norm: float | None = None
    schedule: str = "constant"
    decay_factor: float = 0.5
    decay_every: int = 250
    decay_rate: float = 0.001
    period: int = 200
    period_factor: float = 2.0
    lowest_share: float = 0.01
    plateau: int = 5
    warm_up: int = 0
    memory: int = 10
    difference: float = 1e-5
    temperature: float = 0.1
    cooling: float = 0.99
    perturbation: float = 0.01
    population: int | None = None
    averaging: str = "none"
    average_decay: float = 0.99
    keep_weights: str = "last"
    iterations: int | None = 1000
    seconds: float | None = None
    divergence_factor: float = 1e6
    patience: int | None = None
    pace: float | None = None
    seed: int = 0
    metrics: str = "all"

    def __post_init__(self) -> None:
        for name, field in FIELDS.items():
            object.__setattr__(self, name, field.check(getattr(self, name)))
        if not self.kind.batches:
            object.__setattr__(self, "batch_size", None)
        if self.iterations is None and self.seconds is None:
            raise SpecError("iterations", "give a budget: iterations, seconds or both")
        if self.schedule in ("cosine", "one-cycle") and self.iterations is None:
            raise SpecError(
                "schedule", f"schedule: {self.schedule} ends at the planned iterations; give a budget in iterations"
            )

    @property
    def label(self) -> str:
        """A short name for tables, such as 'gradient b256'."""
        return label(self.strategy, self.update, self.batch_size)

    @property
    def kind(self) -> StrategyKind:
        """The kind of its strategy."""
        return STRATEGY_KINDS[self.strategy]

    def decides(self, name: str) -> bool:
        """Return whether a field affects this run."""
        return FIELDS[name].applies({each: getattr(self, each) for each in FIELDS})

    @property
    def searches(self) -> bool:
        """True if it proposes weights and keeps the best; each loss is then over the whole train split."""
        return self.kind.searches

    @property
    def is_noisy(self) -> bool:
        """True if its losses are mini-batch losses, which vary from batch to batch."""
        return self.kind.batches and self.batch_size is not None

    def to_json(self) -> str:
        """Return the spec as a JSON object, keys in the order of the fields."""
        return json.dumps(asdict(self))

    def changed(self, **values: Any) -> RunSpec:
        """Return a copy with these values. Raises SpecError for an unknown field or an invalid value."""
        unknown_field(values)
        return replace(self, **values)


def label(strategy: str, update: str, batch_size: int | str | None) -> str:
    """Return a strategy's short name for tables, such as 'gradient b256'."""
    kind = STRATEGY_KINDS.get(strategy)
    if kind is None:  # a strategy of another version
        return strategy.replace("-", " ")
    if not kind.batches:
        return kind.label
    how = kind.label
    if kind.updates:
        how = f"{kind.prefix} {'' if update == 'vanilla' else update}".strip() or "gradient"
    return f"{how} full" if batch_size is None else f"{how} b{batch_size}"


def check_given(spec: RunSpec, given: Mapping[str, str]) -> RunSpec:
    """Return the spec of these texts. Raises SpecError if they set a batch size and the strategy uses all examples."""
    batch_size = parse_field("batch_size", given["batch_size"]) if "batch_size" in given else None
    if batch_size is not None and not spec.kind.batches:
        raise SpecError(
            "batch_size",
            f"batch size: {spec.kind.label} uses all examples in every iteration, not {batch_size:,}; write full",
        )
    return spec


def typed_text(name: str, value: Any) -> str:
    """Return a field's value as people type it: 'full' for the full batch, 'none' for no budget or pace."""
    return as_text(value) or ("full" if name == "batch_size" else "none")


def unknown_field(names: Iterable[str]) -> None:
    """Raise SpecError, with the closest field name, for the first name that is not a field."""
    for name in names:
        if name not in FIELDS:
            raise SpecError(str(name), f"{shown(str(name))} is not a field of a run{near_match(str(name), FIELDS)}")


def parse_field(name: str, text: str) -> Any:
    """Parse one field's value. Raises SpecError, with the text given and the values that fit."""
    unknown_field([name])
    return FIELDS[name].check(text)


def defaults(strategy: str = "gradient-descent", objective: str = "svm") -> RunSpec:
    """Return the default spec, tuned on digits, for a strategy and an objective. Raises SpecError for unknown names."""
    strategy, objective = parse_field("strategy", strategy), parse_field("objective", objective)
    kind = STRATEGY_KINDS[strategy]
    values = {**kind.defaults, **OBJECTIVE_DEFAULTS.get(objective, {})}
    if not kind.searches:
        values |= DESCENT_DEFAULTS.get(objective, {})
    return RunSpec(strategy=strategy, objective=objective, **values)


def spec_from_fields(texts: Mapping[str, str]) -> RunSpec:
    """Parse a spec from text fields; absent ones take the defaults of the strategy and objective. Raises SpecError."""
    unknown_field(texts)
    values = {name: parse_field(name, text) for name, text in texts.items()}
    chosen = {name: values[name] for name in ("strategy", "objective") if name in values}
    return replace(defaults(**chosen), **values)


def spec_from_json(text: str) -> RunSpec:
    """Parse the output of `to_json`; missing fields take RunSpec's defaults. Raises SpecError for anything else."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise SpecError("spec", f"the spec is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise SpecError("spec", f"the spec must be a JSON object, not {type(values).__name__}")
    unknown_field(values)
    for name, value in values.items():
        if isinstance(value, (dict, list, bool)):
            raise SpecError(name, f"{name}: {type(value).__name__} is not a value of a run")
    return RunSpec(**values)


@cache
def race() -> tuple[RunSpec, ...]:
    """Return four specs on digits that compare the strategies of the CS231n notes, paced so that people can watch.

    Gradient descent runs twice: full batch and mini-batches.
    """
    specs = (
        defaults("random-search"),
        defaults("local-search"),
        defaults("gradient-descent").changed(batch_size=None),
        defaults("gradient-descent"),
    )
    return tuple(spec.changed(pace=100.0) for spec in specs)
