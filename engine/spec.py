"""RunSpec: everything that decides a run, validated; to and from text fields and JSON.

FIELDS is the one table of what can be chosen. The command line's options, the form for a new
run and the JSON reader are all made from it.
"""

from __future__ import annotations

import difflib
import json
import math
import os.path
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

STRATEGIES = ("random-search", "local-search", "gradient-descent")
OBJECTIVES = ("svm", "softmax", "two-layer", "two-layer-svm")
DATASETS = ("digits", "three-points", "spiral", "synthetic-cifar", "cifar10")
METRICS = ("all", "loss")
UPDATES = ("vanilla", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
SCHEDULES = ("constant", "step", "exponential", "1/t", "cosine")
SAMPLINGS = ("replacement", "epochs")
YES_NO = ("yes", "no")

GRADIENT = frozenset({"gradient-descent"})
STEPPING = frozenset({"local-search", "gradient-descent"})
ALL = frozenset(STRATEGIES)
HINGE = frozenset({"svm", "two-layer-svm"})
TWO_LAYER = frozenset({"two-layer", "two-layer-svm"})


class SpecError(ValueError):
    """A value that does not make a run: `field` names it, the message says what would fit."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class DataError(SpecError):
    """The data themselves are missing, damaged or of the wrong shape: the message names the file and what fits."""

    def __init__(self, message: str) -> None:
        super().__init__("dataset", message)


def near_match(given: str, known: Iterable[str]) -> str:
    """A hint such as '; did you mean digits?', or '' when nothing known is near."""
    found = difflib.get_close_matches(given.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def shown(given: str) -> str:
    """What was typed, short and printable, for an error message."""
    text = given if len(given) <= 40 else given[:39] + "…"
    return ascii(text) if not text.isprintable() else repr(text)


def _choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        value = text.strip().lower()
        if value not in choices:
            raise ValueError(
                f"{shown(text)} is not known{near_match(value, choices)} (choose from {', '.join(choices)})"
            )
        return value

    return parse


def _number(text: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        raise ValueError(f"{shown(text)} is not a number; write it like 0.1 or 1e-3") from None
    if not math.isfinite(value):
        raise ValueError(f"{shown(text)} is not a finite number")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise ValueError(f"must be greater than 0, not {shown(text)}")
    return value


def _not_negative(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise ValueError(f"must be 0 or greater, not {shown(text)}")
    return value


def _whole(text: str) -> int:
    value = _number(text.replace("_", "").replace(",", ""))
    if value != int(value):
        raise ValueError(f"{shown(text)} is not a whole number")
    return int(value)


def _fraction(text: str) -> float:
    value = _number(text)
    if not 0 <= value < 1:
        raise ValueError(f"must be at least 0 and less than 1, not {shown(text)}")
    return value


def _decay_factor(text: str) -> float:
    value = _number(text)
    if not 0 < value <= 1:
        raise ValueError(f"must be greater than 0 and at most 1, not {shown(text)}")
    return value


def _above_one(text: str) -> float:
    value = _number(text)
    if value <= 1:
        raise ValueError(f"must be greater than 1, not {shown(text)}")
    return value


def _at_least(least: int, most: int = 2**53) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = _whole(text)
        if value < least:
            raise ValueError(f"must be at least {least}, not {shown(text)}")
        if value > most:
            raise ValueError(f"must be at most {most:,}, not {shown(text)}")
        return value

    return parse


@dataclass(frozen=True, slots=True)
class Amount:
    """The whole number that may follow a data set's name after a colon, such as spiral:4."""

    unit: str
    least: int
    most: int
    default: int


AMOUNTS = {
    "spiral": Amount("classes", least=2, most=20, default=3),
    "synthetic-cifar": Amount("training examples", least=100, most=50_000, default=50_000),
}


def is_path(dataset: str) -> bool:
    """Whether a data set's name means a file or a folder: it holds a separator or ends in .npz or .csv."""
    separators = {os.path.sep, os.path.altsep or os.path.sep}
    return dataset.lower().endswith((".npz", ".csv")) or any(separator in dataset for separator in separators)


def dataset_parts(dataset: str) -> tuple[str, int | None]:
    """A known data set's name and its amount, the default where none is written; None where it takes none.

    Raises ValueError that says what fits.
    """
    name, colon, amount = (part.strip() for part in dataset.strip().lower().partition(":"))
    if name not in DATASETS:
        raise ValueError(
            f"{shown(dataset)} is not known{near_match(name, DATASETS)} "
            f"(choose from {', '.join(DATASETS)}, or give the path of a .npz or .csv file)"
        )
    takes = AMOUNTS.get(name)
    if takes is None:
        if colon:
            raise ValueError(f"{name} takes no number after it, not {shown(dataset)}")
        return name, None
    if not colon:
        return name, takes.default
    try:
        return name, _at_least(takes.least, takes.most)(amount)
    except ValueError as error:
        raise ValueError(f"{takes.unit} of {name}: {error}") from None


def _dataset(text: str) -> str:
    """A name as it is always written, or the absolute path of a file, so that a run in any folder finds it."""
    text = text.strip()
    if not is_path(text):
        name, amount = dataset_parts(text)
        return name if amount is None or amount == AMOUNTS[name].default else f"{name}:{amount}"
    if not text.isprintable():
        raise ValueError(f"the path {shown(text)} holds characters that cannot be shown; rename the file")
    return os.path.abspath(os.path.expanduser(text))


def _batch_size(text: str) -> int | None:
    return None if text.strip().lower() in ("full", "n") else _at_least(1)(text)


def _optional(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text.strip().lower() in ("", "none", "no") else parse(text)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be chosen: how it is named, explained, read and when it applies.

    It applies to `strategies`, and where each field named in `needs` has one of the values there.
    """

    name: str
    label: str
    help: str
    parse: Callable[[str], Any]
    choices: tuple[str, ...] = ()
    strategies: frozenset[str] = ALL
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def applies(self, chosen: Mapping[str, Any]) -> bool:
        """Whether this field decides anything, given what is chosen for the others by name."""
        return chosen["strategy"] in self.strategies and all(
            chosen[name] in values for name, values in self.needs.items()
        )

    @property
    def flag(self) -> str:
        """The command line's spelling, such as --step-size."""
        return "--" + self.name.replace("_", "-")


def _rate(name: str, label: str, explained: str, *updates: str) -> Field:
    return Field(name, label, explained, _fraction, strategies=GRADIENT, needs={"update": frozenset(updates)})


FIELDS: dict[str, Field] = {
    row.name: row
    for row in (
        Field("strategy", "strategy", "how the weights are searched", _choice(STRATEGIES), STRATEGIES),
        Field("objective", "objective", "what is minimised", _choice(OBJECTIVES), OBJECTIVES),
        Field("dataset", "data set", "the examples: a name, or the path of your own .npz or .csv", _dataset, DATASETS),
        Field("step_size", "step size", "step size (learning rate)", _positive, strategies=STEPPING),
        Field(
            "batch_size",
            "batch size",
            "examples per update: a number, or full",
            _batch_size,
            strategies=GRADIENT,
        ),
        Field(
            "regularization_strength",
            "regularization",
            "lambda, the weight of sum(W^2) in the loss",
            _not_negative,
        ),
        Field(
            "regularize_bias",
            "regularize bias",
            "whether the biases are in sum(W^2) with the other weights",
            _choice(YES_NO),
            YES_NO,
        ),
        Field("delta", "delta", "the SVM margin", _positive, needs={"objective": HINGE}),
        Field(
            "hidden_size",
            "hidden units",
            "hidden units of the two-layer net",
            _at_least(1, 100_000),
            needs={"objective": TWO_LAYER},
        ),
        Field(
            "initial_scale",
            "initial scale",
            "standard deviation of the first weights, and of every draw of random search",
            _positive,
        ),
        Field(
            "sampling",
            "sampling",
            "how batches are drawn: with replacement, or each example once in an epoch",
            _choice(SAMPLINGS),
            SAMPLINGS,
            GRADIENT,
        ),
        Field("update", "update", "the parameter update", _choice(UPDATES), UPDATES, GRADIENT),
        _rate("momentum", "momentum", "share of the velocity that is kept", "momentum", "nesterov"),
        _rate("rms_decay", "decay of squares", "share of the mean of squares that is kept", "rmsprop"),
        _rate("beta1", "beta 1", "share of the mean of gradients that is kept", "adam"),
        _rate("beta2", "beta 2", "share of the mean of squares that is kept", "adam"),
        Field("schedule", "schedule", "how the step size falls", _choice(SCHEDULES), SCHEDULES, GRADIENT),
        Field(
            "decay_factor",
            "decay factor",
            "what a step decay multiplies the step size by",
            _decay_factor,
            strategies=GRADIENT,
            needs={"schedule": frozenset({"step"})},
        ),
        Field(
            "decay_every",
            "decay every",
            "iterations between two step decays",
            _at_least(1),
            strategies=GRADIENT,
            needs={"schedule": frozenset({"step"})},
        ),
        Field(
            "decay_rate",
            "decay rate",
            "k in exp(-k t) and 1/(1 + k t), per iteration",
            _not_negative,
            strategies=GRADIENT,
            needs={"schedule": frozenset({"exponential", "1/t"})},
        ),
        Field(
            "warm_up",
            "warm-up",
            "iterations in which the step size rises to its full value, before the schedule begins",
            _at_least(0),
            strategies=GRADIENT,
        ),
        Field("iterations", "iterations", "budget in iterations, or none", _optional(_at_least(1))),
        Field("seconds", "seconds", "budget in seconds, or none", _optional(_positive)),
        Field(
            "divergence_factor",
            "divergence factor",
            "a run has diverged at a loss beyond so many times its first",
            _above_one,
            strategies=GRADIENT,
        ),
        Field(
            "patience",
            "patience",
            "stop after so many evaluations without a better validation loss; or none",
            _optional(_at_least(1)),
        ),
        Field("pace", "pace", "iterations per second, to watch; or none for full speed", _optional(_positive)),
        Field("seed", "seed", "the one seed of every random draw", _at_least(0)),
        Field("metrics", "metrics", "what each iteration records: all, or the loss alone", _choice(METRICS), METRICS),
    )
}

STRATEGY_DEFAULTS: dict[str, dict[str, Any]] = {
    "random-search": {"initial_scale": 0.1, "batch_size": None},
    "local-search": {"step_size": 0.03, "initial_scale": 0.001, "batch_size": None},
    "gradient-descent": {},
}
"""Where a strategy's defaults differ from RunSpec's own: chosen for digits, so that the story tells."""

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
        for name in FIELDS:
            value = getattr(self, name)
            object.__setattr__(self, name, parse_field(name, as_text(value)))
        if self.iterations is None and self.seconds is None:
            raise SpecError("iterations", "give a budget: iterations, seconds or both")
        if self.schedule == "cosine" and self.iterations is None:
            raise SpecError("schedule", "schedule: cosine ends at the planned iterations; give a budget in iterations")

    @property
    def label(self) -> str:
        """A short name for a table, such as 'gradient b256'."""
        if self.strategy != "gradient-descent":
            return self.strategy.replace("-", " ")
        how = "gradient" if self.update == "vanilla" else self.update
        return f"{how} full" if self.batch_size is None else f"{how} b{self.batch_size}"

    def to_json(self) -> str:
        """The whole spec as a JSON object, keys in the order of the fields."""
        return json.dumps(asdict(self))

    def changed(self, **values: Any) -> RunSpec:
        """This spec with other values, checked again."""
        unknown_field(values)
        return replace(self, **values)


def as_text(value: Any) -> str:
    """A field's value as the text that `parse_field` reads back: '' for none, all digits kept."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def unknown_field(names: Iterable[str]) -> None:
    """Raise SpecError for the first name that is no field, with the near match."""
    for name in names:
        if name not in FIELDS:
            raise SpecError(str(name), f"{shown(str(name))} is not a field of a run{near_match(str(name), FIELDS)}")


def parse_field(name: str, text: str) -> Any:
    """The value of one field from text. Raises SpecError that says what was given and what fits."""
    unknown_field([name])
    if name == "batch_size" and not text.strip():
        return None
    try:
        return FIELDS[name].parse(text)
    except (ValueError, OverflowError) as error:
        raise SpecError(name, f"{FIELDS[name].label}: {error}") from None


def defaults(strategy: str = "gradient-descent", objective: str = "svm") -> RunSpec:
    """The spec that tells the story on digits, for one strategy and one objective."""
    strategy, objective = parse_field("strategy", strategy), parse_field("objective", objective)
    values = STRATEGY_DEFAULTS[strategy] | OBJECTIVE_DEFAULTS.get(objective, {})
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


def race() -> tuple[RunSpec, ...]:
    """The three strategies of the notes on digits, paced so that they can be watched."""
    return tuple(replace(defaults(strategy), pace=100.0) for strategy in STRATEGIES)
