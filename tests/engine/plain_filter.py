"""What a filter and an order mean, in plain Python: the truth that the store's SQL is held against."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from engine.spec import FIELDS, RunSpec
from engine.store import Run
from engine.store.list.filter import ChoiceTerm, Filter, LoggedTerm, NumberTerm, TextTerm, WordTerm
from engine.store.list.filter_fields import NUMBERS
from engine.store.list.listing import LARGEST_FIRST, STATUS_ORDER
from tests.presence import present

COLUMNS: dict[str, str] = {
    "loss": "loss",
    "id": "run_id",
    "sweep": "sweep_id",
    "parent": "parent_id",
    "train": "train_loss",
    "validation": "validation_loss",
    "test": "test_loss",
    "accuracy": "validation_accuracy",
    "batch_loss": "current_loss",
    "best": "best_loss",
    "iterations": "iterations_done",
    "elapsed": "elapsed_s",
    "speed": "iterations_per_s",
}


ALSO_CALLED = {
    **dict.fromkeys(("sgd", "gd", "descent"), ("gradient-descent",)),
    "search": ("random-search", "local-search", "simulated-annealing", "evolution-strategy", "cma-es"),
    "random-local-search": ("local-search",),
    "numerical-descent": ("numerical-gradient",),
    **dict.fromkeys(("lbfgs", "bfgs", "quasi-newton"), ("l-bfgs",)),
    "cg": ("conjugate-gradient",),
    "annealing": ("simulated-annealing",),
    **dict.fromkeys(("es", "(1+1)-es", "1+1-es"), ("evolution-strategy",)),
    "simultaneous-perturbation": ("spsa",),
    "cma": ("cma-es",),
}


@dataclass(frozen=True)
class Known:
    """A run with what else is known of it."""

    run: Run
    judged: str = ""

    @property
    def status(self) -> str:
        if self.run.state == "running" and self.judged:
            return self.judged
        if self.run.state == "failed" and self.run.kind != "engine" and self.run.times_lost:
            return "lost"
        return "diverged" if self.run.state == "finished" and self.run.diverged_at is not None else self.run.state

    @property
    def label(self) -> str | None:
        return None if self.run.spec is None else self.run.spec.label

    def of_spec(self, name: str) -> object:
        """A field of the spec where it decides anything; the full batch is infinite."""
        spec = self.run.spec
        if spec is None:
            return None
        if name == "batch_size":
            return math.inf if spec.batch_size is None or not spec.kind.batches else spec.batch_size
        chosen = {field.name: getattr(spec, field.name) for field in fields(RunSpec)}
        return chosen[name] if FIELDS[name].applies(chosen) else None

    def number(self, name: str) -> float | None:
        if name in COLUMNS or name in ("best_iteration", "diverged_at", "train_accuracy", "test_accuracy"):
            found = getattr(self.run, COLUMNS.get(name, name))
        else:
            found = self.of_spec("iterations" if name == "planned" else name)
            if name == "step_size" and found is not None and self.run.step_size_now is not None:
                found = self.run.step_size_now
        return None if found is None or math.isnan(found) else found

    def answers(self, field: str) -> list[object]:
        if field == "status":
            return [self.status]
        if field == "state":
            return [self.run.state]
        if field == "strategy":
            return [self.of_spec("strategy"), self.of_spec("update")]
        if field == "tag":
            return list(self.run.tags)
        if field == "created":
            return [self.run.created_at]
        if field in ("project", "group"):
            return [self.run.project if field == "project" else self.run.run_group]
        return [getattr(self.run, field) if field in ("name", "note", "kind") else self.of_spec(field)]

    def has(self, word: str) -> bool:
        if word == str(self.run.run_id):
            return True
        if self.of_spec("strategy") in ALSO_CALLED.get(word, ()):
            return True
        told = [self.run.name, self.run.note, self.run.state]
        if self.run.spec is not None:
            told += [present(self.label), self.run.spec.strategy, self.run.spec.objective, self.run.spec.dataset]
        where = ["\n".join(told), *self.run.tags]
        if word.isdecimal() and word.isascii():
            return any(re.search(rf"(?<![0-9]){word}(?![0-9])", text.casefold()) for text in where)
        return any(word in text.casefold() for text in where)


_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(asked: WordTerm | ChoiceTerm | TextTerm | NumberTerm | LoggedTerm, known: Known) -> bool:
    """Whether a run is what is asked for."""
    match asked:
        case WordTerm(text):
            return known.has(text)
        case ChoiceTerm(field, values):
            return not values.isdisjoint(known.answers(field))
        case TextTerm("tag", text):
            return text in [str(tag).casefold() for tag in known.answers("tag")]
        case TextTerm(field, text):
            return any(answer is not None and text in str(answer).casefold() for answer in known.answers(field))
        case LoggedTerm():
            raise NotImplementedError("a field that programs name")
        case NumberTerm(field, "=" | "!=" as sign):
            value = known.number(field)
            return (value is not None and asked.low <= value <= asked.high) == (sign == "=")
        case NumberTerm(field, sign):
            value = known.number(field)
            return value is not None and _ORDERED[sign](value, asked.value)


def fits(wanted: Filter, known: Known) -> bool:
    """Whether a run is found."""
    return not wanted.alternatives or any(
        all(holds(term.asked, known) != term.negated for term in terms) for terms in wanted.alternatives
    )


def sort_key(order: str, known: Known) -> Any:
    """What a run is sorted by; None where it has nothing to say."""
    run = known.run
    if order == "run":
        return run.run_id
    if order == "status":
        return STATUS_ORDER.index(known.status)
    if order == "name":
        return _natural(run.name or known.label or "")
    if order == "strategy":
        return _natural(known.label or "")
    if order == "objective":
        return known.of_spec("objective")
    if order == "created":
        return run.created_at
    if order in ("kind", "project", "group"):
        return _natural(str(known.answers(order)[0]))
    if order == "tags":
        return _natural(" ".join(run.tags))
    if order not in NUMBERS:
        return _natural(str(known.of_spec(order) or ""))
    return known.number(order)


def ordered(runs: list[Known], order: str, reverse: bool = False, pinned: tuple[int, ...] = ()) -> list[int]:
    """The numbers of the runs in an order: the pinned on top, those without a value last, equal ones newest first."""
    newest = sorted(runs, key=lambda known: -known.run.run_id)
    told = [known for known in newest if sort_key(order, known) is not None]
    told.sort(key=lambda known: sort_key(order, known), reverse=(order in LARGEST_FIRST) != reverse)
    silent = [known for known in newest if sort_key(order, known) is None]
    ids = [known.run.run_id for known in (*told, *silent)]
    return sorted(ids, key=lambda run_id: run_id not in pinned)


def _natural(text: str) -> str | None:
    return re.sub(r"\d+", lambda digits: digits[0].rjust(20, "0"), text.casefold()) if text else None
