"""Filter fields: names, accepted values, and the column or SQL expression of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of

from engine.spec import FIELDS, OBJECTIVES, STRATEGIES, STRATEGY_KINDS, TEST_FUNCTIONS, UPDATES, RunSpec
from engine.spec.parsing import near_match, quoted
from engine.store.list.run_sql import STRATEGY, UPDATE, number_of, text_of
from engine.store.records import KINDS, STATES, status_word

STATUSES = (*STATES, "diverged", "lost", "silent", "waiting")


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """A field with fixed choices. `sql` may hold several expressions: a strategy also matches by its update.

    `aliases` maps other words to choices.
    """

    choices: tuple[str, ...]
    sql: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def meant(self, text: str) -> frozenset[str]:
        """The choices that a word means: itself, its alias, or all with that prefix. Raises ValueError without any."""
        word = text.strip().lower().replace(" ", "-").replace("_", "-")
        if word in self.choices:
            return frozenset({word})
        if word in self.aliases:
            return frozenset(self.aliases[word])
        matching = frozenset(choice for choice in self.choices if word and choice.startswith(word))
        if not matching:
            near = near_match(word, [*self.choices, *self.aliases])
            raise ValueError(
                f"{quoted(text)} is not known{near} (choose from {', '.join(map(status_word, self.choices))})"
            )
        return matching


RUN_NUMBERS: Mapping[str, str] = {
    "loss": "(CASE kind WHEN 'engine' THEN train_loss ELSE current_loss END)",
    "id": "run_id",
    "sweep": "sweep_id",
    "parent": "parent_id",
    "train": "train_loss",
    "validation": "validation_loss",
    "test": "test_loss",
    "accuracy": "validation_accuracy",
    "train_accuracy": "train_accuracy",
    "test_accuracy": "test_accuracy",
    "best": "best_loss",
    "best_iteration": "best_iteration",
    "batch_loss": "(CASE kind WHEN 'engine' THEN current_loss END)",
    "iterations": "iterations_done",
    "planned": number_of("iterations"),
    "elapsed": "elapsed_s",
    "speed": "iterations_per_s",
    "diverged_at": "diverged_at",
}
"""Numbers of the run itself. `loss` is the newest train loss, of a logged run the newest value of the metric that
stands for it. `iterations` counts those done, as in the table; `planned` is the spec's budget."""

NUMBERS: Mapping[str, str] = {
    **RUN_NUMBERS,
    **{
        entry.name: number_of(entry.name)
        for entry in fields_of(RunSpec)
        if entry.name not in RUN_NUMBERS and ("int" in str(entry.type) or "float" in str(entry.type))
    },
}

SHARES = frozenset({"accuracy", "train_accuracy", "test_accuracy"})
"""Fractions of 1, which may also be typed in per cent."""

MEASURED = (
    SHARES
    | {"loss", "train", "validation", "test", "best", "batch_loss", "elapsed", "speed"}
    | {entry.name for entry in fields_of(RunSpec) if "float" in str(entry.type)}
)
"""Measured numbers, which match as they are displayed, rounded; all others are counts and match exactly."""

CHOICES: Mapping[str, ChoiceField] = {
    "strategy": ChoiceField(
        (*STRATEGIES, *UPDATES),
        (STRATEGY, UPDATE),
        {
            **{alias: (kind.name,) for kind in STRATEGY_KINDS.values() for alias in kind.aliases},
            "search": tuple(kind.name for kind in STRATEGY_KINDS.values() if kind.searches),
        },
    ),
    "objective": ChoiceField(
        (*OBJECTIVES, *TEST_FUNCTIONS),
        (text_of("objective"),),
        {
            "hinge": ("svm",),
            "cross-entropy": ("softmax",),
            "net": tuple(name for name in OBJECTIVES if name not in ("svm", "softmax")),
            "function": TEST_FUNCTIONS,
        },
    ),
    "status": ChoiceField(
        STATUSES,
        (),
        {
            "done": ("finished",),
            "stopped": ("cancelled",),
            "live": ("running", "silent", "waiting"),
            "ended": ("finished", "failed", "cancelled", "diverged", "lost"),
        },
    ),
    "kind": ChoiceField(KINDS, ("kind",)),
    "state": ChoiceField(STATES, ("state",), {"done": ("finished",), "stopped": ("cancelled",)}),
    **{
        row.name: ChoiceField(row.choices, (text_of(row.name),))
        for row in FIELDS.values()
        if row.choices and not row.open and row.name not in ("strategy", "objective")
    },
}
"""`status` is judged when read, so it has no column; `state` is the stored one."""

TEXTS: Mapping[str, str] = {
    "name": "name",
    "note": "note",
    "tag": "tags",
    "dataset": text_of("dataset"),
    "project": "project",
    "group": "run_group",
    "created": "created_at",
}
"""Free text: a run matches if the field contains the text; a tag must equal it."""

ALIASES: Mapping[str, str] = {
    "run": "id",
    "number": "id",
    "step": "step_size",
    "learning_rate": "step_size",
    "lr": "step_size",
    "batch": "batch_size",
    "regularization": "regularization_strength",
    "lambda": "regularization_strength",
    "hidden": "hidden_size",
    "scale": "initial_scale",
    "train_loss": "train",
    "best_loss": "best",
    "current_loss": "batch_loss",
    "valid": "validation",
    "validation_loss": "validation",
    "acc": "accuracy",
    "validation_accuracy": "accuracy",
    "test_loss": "test",
    "iteration": "iterations",
    "iterations_done": "iterations",
    "budget": "planned",
    "time": "elapsed",
    "rate": "speed",
    "iterations_per_s": "speed",
    "data": "dataset",
    "tags": "tag",
}

NAMES: tuple[str, ...] = (*CHOICES, *TEXTS, *NUMBERS)
