"""The fields that a filter knows: what a run answers to each, and what may be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from math import inf

from engine.spec import FIELDS, OBJECTIVES, STRATEGIES, UPDATES, RunSpec
from engine.store import STATES, Run
from engine.values import near_match, shown

STATUSES = (*STATES, "diverged", "lost", "silent", "waiting")


@dataclass(frozen=True, slots=True)
class Choices:
    """A field with known answers. A run may give several: a strategy is also called by its update.

    `aliases` are other words for some of the choices.
    """

    choices: tuple[str, ...]
    answers: Callable[[Run, str], tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]

    def meant(self, text: str) -> frozenset[str]:
        """The choices that a word means: itself, its alias, or all that begin so. Raises ValueError."""
        word = text.strip().lower().replace(" ", "-").replace("_", "-")
        if word in self.choices:
            return frozenset({word})
        if word in self.aliases:
            return frozenset(self.aliases[word])
        begun = frozenset(choice for choice in self.choices if word and choice.startswith(word))
        if not begun:
            near = near_match(word, [*self.choices, *self.aliases])
            raise ValueError(f"{shown(text)} is not known{near} (choose from {', '.join(self.choices)})")
        return begun


def value_of(run: Run, name: str) -> float | str | None:
    """The value of a spec's field where it decides anything in this run, else None. A full batch is infinite."""
    spec = run.spec
    if spec is None:
        return None
    if name == "batch_size":
        return inf if spec.batch_size is None or spec.strategy != "gradient-descent" else spec.batch_size
    row = FIELDS[name]
    needs = {need: getattr(spec, need) for need in row.needs}
    value: float | str | None = getattr(spec, name) if row.applies({"strategy": spec.strategy, **needs}) else None
    return value


def number_of(run: Run, name: str) -> float | None:
    """What a run answers to a field with numbers; None where it has no answer."""
    if name in RUN_NUMBERS:
        return RUN_NUMBERS[name](run)
    value = value_of(run, name)
    return None if isinstance(value, str) else value


def label_of(run: Run) -> str:
    """What the run's strategy is called in a table; '' where its spec is not readable."""
    return "" if run.spec is None else run.spec.label


def _strategies(run: Run, status: str) -> tuple[str, ...]:
    spec = run.spec
    if spec is None:
        return ()
    return (spec.strategy, spec.update) if spec.strategy == "gradient-descent" else (spec.strategy,)


def _of_spec(name: str) -> Callable[[Run, str], tuple[str, ...]]:
    def answers(run: Run, status: str) -> tuple[str, ...]:
        value = value_of(run, name)
        return () if value is None else (str(value),)

    return answers


RUN_NUMBERS: Mapping[str, Callable[[Run], float | None]] = {
    "id": lambda run: run.run_id,
    "sweep": lambda run: run.sweep_id,
    "parent": lambda run: run.parent_id,
    "loss": lambda run: run.last_loss,
    "best": lambda run: run.best_loss,
    "best_iteration": lambda run: run.best_iteration,
    "iterations": lambda run: run.iterations_done,
    "planned": lambda run: None if run.spec is None else run.spec.iterations,
    "elapsed": lambda run: run.elapsed_s,
    "speed": lambda run: run.iterations_per_s,
    "diverged_at": lambda run: run.diverged_at,
}
"""Numbers of the run itself. `iterations` are those done, as in the table; `planned` is the budget of the spec."""

SPEC_NUMBERS = tuple(
    entry.name
    for entry in fields_of(RunSpec)
    if entry.name not in RUN_NUMBERS and ("int" in str(entry.type) or "float" in str(entry.type))
)

CHOICES: Mapping[str, Choices] = {
    "strategy": Choices(
        (*STRATEGIES, *UPDATES),
        _strategies,
        {
            "sgd": ("gradient-descent",),
            "gd": ("gradient-descent",),
            "descent": ("gradient-descent",),
            "random-local-search": ("local-search",),
            "search": ("random-search", "local-search"),
        },
    ),
    "objective": Choices(
        OBJECTIVES,
        _of_spec("objective"),
        {"hinge": ("svm",), "cross-entropy": ("softmax",), "net": ("two-layer", "two-layer-svm")},
    ),
    "status": Choices(
        STATUSES,
        lambda run, status: (status,),
        {
            "done": ("finished",),
            "stopped": ("cancelled",),
            "live": ("running", "silent", "waiting"),
            "ended": ("finished", "failed", "cancelled", "diverged", "lost"),
        },
    ),
    "state": Choices(STATES, lambda run, status: (run.state,), {"done": ("finished",), "stopped": ("cancelled",)}),
    **{
        row.name: Choices(row.choices, _of_spec(row.name), {})
        for row in FIELDS.values()
        if row.choices and not row.open and row.name not in ("strategy", "objective")
    },
}
"""`status` is judged now, `state` is what is stored."""

TEXTS: Mapping[str, Callable[[Run], tuple[str, ...]]] = {
    "name": lambda run: (run.name,),
    "note": lambda run: (run.note,),
    "tag": lambda run: run.tags,
    "dataset": lambda run: () if run.spec is None else (run.spec.dataset,),
}
"""Free text: a run matches where an answer contains what was asked for; a tag must be the whole tag."""

ALIASES: Mapping[str, str] = {
    "run": "id",
    "number": "id",
    "step": "step_size",
    "learning_rate": "step_size",
    "batch": "batch_size",
    "regularization": "regularization_strength",
    "lambda": "regularization_strength",
    "hidden": "hidden_size",
    "last_loss": "loss",
    "best_loss": "best",
    "iteration": "iterations",
    "iterations_done": "iterations",
    "budget": "planned",
    "time": "elapsed",
    "iterations_per_s": "speed",
    "data": "dataset",
    "tags": "tag",
}

NUMBERS: tuple[str, ...] = (*RUN_NUMBERS, *SPEC_NUMBERS)

NAMES: tuple[str, ...] = (*CHOICES, *TEXTS, *NUMBERS)
"""Every field by its full name: first those with choices, then free text, then numbers."""
