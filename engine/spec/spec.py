"""RunSpec: everything that decides a run, validated; to and from text fields and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from engine.spec.fields import FIELDS
from engine.spec.parsing import SpecError, as_text, near_match, shown
from engine.spec.strategy_kinds import STRATEGY_KINDS, StrategyKind

OBJECTIVE_DEFAULTS: dict[str, dict[str, Any]] = {
    "two-layer": {"initial_scale": 0.1},
    "two-layer-svm": {"initial_scale": 0.1},
}
"""Where an objective's defaults differ again: the gradient of a net vanishes near zero weights."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """All that defines a run. Two equal specs make the same run, bit for bit, on one machine.

    `batch_size` None is the full batch; `iterations` and `seconds` are budgets of which at least
    one must be given; `pace` (iterations/s) slows a run down so that it can be watched.
    Values are checked on construction: SpecError names the field.
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
    initial_scale: float = 0.001
    sampling: str = "replacement"
    update: str = "vanilla"
    momentum: float = 0.9
    rms_decay: float = 0.99
    beta1: float = 0.9
    beta2: float = 0.999
    schedule: str = "constant"
    decay_factor: float = 0.5
    decay_every: int = 250
    decay_rate: float = 0.001
    warm_up: int = 0
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
        if self.iterations is None and self.seconds is None:
            raise SpecError("iterations", "give a budget: iterations, seconds or both")
        if self.schedule == "cosine" and self.iterations is None:
            raise SpecError("schedule", "schedule: cosine ends at the planned iterations; give a budget in iterations")

    @property
    def label(self) -> str:
        """A short name for a table, such as 'gradient b256'."""
        return label(self.strategy, self.update, self.batch_size)

    @property
    def kind(self) -> StrategyKind:
        """What its strategy is."""
        return STRATEGY_KINDS[self.strategy]

    @property
    def searches(self) -> bool:
        """Whether it proposes weights and keeps the best ones, each loss being one over the whole train split."""
        return self.kind.searches

    @property
    def is_noisy(self) -> bool:
        """Whether its losses are those of mini-batches, which differ from one batch to the next."""
        return self.kind.batches and self.batch_size is not None

    def to_json(self) -> str:
        """The whole spec as a JSON object, keys in the order of the fields."""
        return json.dumps(asdict(self))

    def changed(self, **values: Any) -> RunSpec:
        """This spec with other values, checked again."""
        unknown_field(values)
        return replace(self, **values)


def label(strategy: str, update: str, batch_size: int | str | None) -> str:
    """What a table calls a strategy, such as 'gradient b256'."""
    kind = STRATEGY_KINDS.get(strategy)
    if kind is None:  # another version's
        return strategy.replace("-", " ")
    if kind.searches:
        return kind.label
    how = "gradient" if update == "vanilla" else update
    return f"{how} full" if batch_size is None else f"{how} b{batch_size}"


def typed_text(name: str, value: Any) -> str:
    """A field's value as people read and type it: 'full' for the whole batch, 'none' for no budget or pace."""
    return as_text(value) or ("full" if name == "batch_size" else "none")


def unknown_field(names: Iterable[str]) -> None:
    """Raise SpecError for the first name that is no field, with the near match."""
    for name in names:
        if name not in FIELDS:
            raise SpecError(str(name), f"{shown(str(name))} is not a field of a run{near_match(str(name), FIELDS)}")


def parse_field(name: str, text: str) -> Any:
    """The value of one field from text. Raises SpecError that says what was given and what fits."""
    unknown_field([name])
    return FIELDS[name].check(text)


def defaults(strategy: str = "gradient-descent", objective: str = "svm") -> RunSpec:
    """The spec that tells the story on digits, for one strategy and one objective."""
    strategy, objective = parse_field("strategy", strategy), parse_field("objective", objective)
    values = {**STRATEGY_KINDS[strategy].defaults, **OBJECTIVE_DEFAULTS.get(objective, {})}
    return RunSpec(strategy=strategy, objective=objective, **values)


def spec_from_fields(texts: Mapping[str, str]) -> RunSpec:
    """A spec from text fields (a form, a command line); what is absent takes the strategy's and objective's default."""
    unknown_field(texts)
    values = {name: parse_field(name, text) for name, text in texts.items()}
    chosen = {name: values[name] for name in ("strategy", "objective") if name in values}
    return replace(defaults(**chosen), **values)


def spec_from_json(text: str) -> RunSpec:
    """The spec that `to_json` wrote; fields that an older version did not know take their default."""
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
    """Four ways down on digits, paced so that they can be watched: the strategies of the notes.

    Gradient descent runs twice, over all examples and over mini-batches.
    """
    lanes = (
        defaults("random-search"),
        defaults("local-search"),
        defaults("gradient-descent").changed(batch_size=None),
        defaults("gradient-descent"),
    )
    return tuple(lane.changed(pace=100.0) for lane in lanes)
