"""RunSpec: everything that defines a run, validated, and converted to and from text fields and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from engine.spec.choices import BUILT_IN, NETWORKS, OF_EXAMPLES, TEST_FUNCTIONS
from engine.spec.data_defaults import pixel_defaults
from engine.spec.dataset_names import NO_DATA
from engine.spec.fields import FIELDS
from engine.spec.own_names import is_own_file, short_name
from engine.spec.parsing import SpecError, as_text, near_match, quoted
from engine.spec.strategy_kinds import STRATEGY_KINDS, StrategyKind, kind_of

OBJECTIVE_DEFAULTS: dict[str, dict[str, Any]] = {
    "two-layer": {"initial_scale": 0.1},
    "two-layer-svm": {"initial_scale": 0.1},
    **{name: {"initial_scale": 1.0, "start": "he"} for name in sorted(NETWORKS)},
    **{name: {"dataset": NO_DATA, "batch_size": None, "initial_scale": 1.0} for name in TEST_FUNCTIONS},
}
"""Defaults that depend on the objective: the gradient of a net vanishes near zero weights."""

DESCENT_DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp-svm": {"step_size": 0.03},
    "convnet": {"step_size": 0.05, "batch_size": 64},
    "convnet-svm": {"step_size": 0.02, "batch_size": 64},
    **{name: {"step_size": 0.01} for name in ("himmelblau", "beale", "ravine")},
    "rosenbrock": {"step_size": 0.001},
    "rastrigin": {"step_size": 0.002},
}
"""Where gradient descent's differ for an objective: about a third of the step sizes that diverge, on digits and
synthetic-cifar where there are examples, and batches that take no longer than those of the others."""

SPSA_DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp": {"step_size": 1e-4},
    "mlp-svm": {"step_size": 3e-5},
    "convnet": {"step_size": 1e-4},
    "convnet-svm": {"step_size": 3e-5},
}
"""Where SPSA's differ from those of other descents: its direction is longer than the gradient by the root of the number
of weights. About a third of what makes the loss rise on synthetic-cifar, whose networks are the largest."""

SEARCH_DEFAULTS: dict[str, dict[str, Any]] = {name: {"step_size": 0.3} for name in TEST_FUNCTIONS}
"""Where those of a search that steps differ for an objective."""


DECIDING = ("strategy", "objective", "dataset")
"""The fields on whose values the defaults of the others depend."""


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
    dimensions: int = 2
    dataset: str = "digits"
    standardize: str = "no"
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
    code: str = ""

    def __post_init__(self) -> None:
        for name, field in FIELDS.items():
            object.__setattr__(self, name, field.check(getattr(self, name)))
        if self.objective in TEST_FUNCTIONS:
            object.__setattr__(self, "dataset", NO_DATA)
        elif not self.has_data and self.objective in OF_EXAMPLES:
            raise SpecError("dataset", f"data set: {self.objective} needs examples; give it a data set")
        if not self.has_data and self.decides("plateau"):
            raise SpecError("schedule", "schedule: on-plateau waits for validation losses, and a function has none")
        if not (self.kind.batches and self.has_data):
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
        return label(self.strategy, self.update, self.batch_size, "" if self.has_data else self.objective)

    @property
    def has_data(self) -> bool:
        """False if it minimises a function of the weights alone."""
        return self.dataset != NO_DATA

    @property
    def own_names(self) -> dict[str, str]:
        """The names of your own in it, by field, where that field affects the run."""
        return {
            name: getattr(self, name)
            for name, choices in BUILT_IN.items()
            if getattr(self, name) not in choices and self.decides(name)
        }

    @property
    def kind(self) -> StrategyKind:
        """The kind of its strategy."""
        return kind_of(self.strategy)

    def decides(self, name: str) -> bool:
        """Return whether a field affects this run."""
        field = FIELDS[name]
        return field.applies({each: getattr(self, each) for each in field.decided_by})

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


def label(strategy: str, update: str, batch_size: int | str | None, function: str = "") -> str:
    """Return a run's short name for tables, such as 'gradient b256'.

    A function of the weights alone is named in it, such as 'adam rosenbrock': there are no batches to tell of.
    """
    kind = kind_of(strategy)
    if strategy not in STRATEGY_KINDS:  # one of your own, or of another version
        how = short_name(strategy).replace("-", " ")
    elif kind.updates:
        how = f"{kind.prefix} {'' if update == 'vanilla' else short_name(update)}".strip() or "gradient"
    else:
        how = kind.label
    if function:
        return f"{how} {short_name(function)}"
    if not (is_own_file(strategy) or (strategy in STRATEGY_KINDS and kind.batches)):
        return how
    return f"{how} full" if batch_size is None else f"{how} b{batch_size}"


def check_given(spec: RunSpec, given: Mapping[str, str]) -> RunSpec:
    """Return the spec of these texts.

    Raises SpecError if they set a batch size and the strategy uses all examples, or there are none; or a data set for
    a function that takes none.
    """
    if not spec.has_data and parse_field("dataset", given.get("dataset", NO_DATA)) != NO_DATA:
        raise SpecError("dataset", f"data set: {spec.objective} is a function of the weights alone; leave it out")
    batch_size = parse_field("batch_size", given["batch_size"]) if "batch_size" in given else None
    if batch_size is not None and not spec.has_data:
        raise SpecError("batch_size", f"batch size: {spec.objective} has no examples; leave it out")
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
            raise SpecError(str(name), f"{quoted(str(name))} is not a field of a run{near_match(str(name), FIELDS)}")


def parse_field(name: str, text: str) -> Any:
    """Parse one field's value. Raises SpecError, with the text given and the values that fit."""
    unknown_field([name])
    return FIELDS[name].check(text)


def defaults(strategy: str = "gradient-descent", objective: str = "svm", dataset: str = "digits") -> RunSpec:
    """Return the default spec for a strategy, an objective and a data set: tuned on digits, or on pixels for images.

    Raises SpecError for unknown names.
    """
    dataset = parse_field("dataset", dataset)
    strategy, objective = parse_field("strategy", strategy), parse_field("objective", objective)
    kind = kind_of(strategy)
    values = {**kind.defaults, **OBJECTIVE_DEFAULTS.get(objective, {})}
    values |= (SEARCH_DEFAULTS if kind.searches else DESCENT_DEFAULTS).get(objective, {})
    if not (kind.searches or kind.updates or kind.uses_gradients):
        values |= SPSA_DEFAULTS.get(objective, {})
    values |= pixel_defaults(strategy, objective, dataset)
    return RunSpec(strategy=strategy, objective=objective, **{"dataset": dataset, **values})


def spec_from_fields(texts: Mapping[str, str]) -> RunSpec:
    """Parse a spec from text fields; absent ones take the defaults that fit the others. Raises SpecError."""
    unknown_field(texts)
    values = {name: parse_field(name, text) for name, text in texts.items()}
    chosen = {name: values[name] for name in DECIDING if name in values}
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
