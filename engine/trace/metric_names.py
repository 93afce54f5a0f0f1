"""Metric names: what a name says of the numbers behind it, and which metrics belong together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

FRACTIONS = frozenset({"acc", "accuracy", "f1", "auc", "auroc", "ap", "precision", "recall", "iou", "dice"})
"""Words of shares of what is right: 0 is none, 1 is all."""

MORE_IS_BETTER = FRACTIONS | {"reward", "return", "score", "bleu", "rouge", "psnr", "ssim", "r2", "elbo", "likelihood"}
"""Words of what is maximised; everything else is, as a loss, better the lower it is, which is what is minimised."""

STEP_SIZES = frozenset({"lr", "learning rate", "step size"})
"""Words of a setting of the training, which is no measurement: it is what a schedule or a person chose."""

COUNTERS = frozenset({"epoch", "step", "steps", "iteration", "iterations"})
"""Words of what only counts."""

LOSSES = frozenset({"loss", "losses", "nll", "mse", "rmse", "mae", "perplexity", "ppl", "error", "entropy"})
"""Words of what is minimised."""

MAIN = ("loss", "train/loss", "train_loss", "loss/train", "training/loss")
"""Names of the loss that is minimised, in small letters; the first that a run has stands for it."""

TRAINING = ("train", "training")
"""Words of the split that updates use."""

HELD_OUT = ("val", "valid", "validation", "dev", "eval", "test")
"""Words of splits that no update uses; of several the first one stands beside training."""

_SEPARATORS = re.compile(r"([^0-9A-Za-z]+)")


def more_is_better(name: str) -> bool:
    """Whether a metric of this name is better the higher it is, unless a word makes it a loss."""
    return _has(name, MORE_IS_BETTER) and not _has(name, LOSSES)


def is_loss(name: str) -> bool:
    """Whether a metric of this name is minimised."""
    return "loss" in name.lower() or _has(name, LOSSES)


def is_fraction(name: str) -> bool:
    """Whether a metric of this name is a share of what is right."""
    return _has(name, FRACTIONS) and not _has(name, LOSSES)


def is_step_size(name: str) -> bool:
    """Whether a metric of this name is the step size."""
    return _has(name, STEP_SIZES)


def is_chosen(name: str) -> bool:
    """Whether a metric of this name was chosen or counted, not measured."""
    return is_step_size(name) or words(name)[-1:] in [(word,) for word in COUNTERS]


def is_held_out(name: str) -> bool:
    """Whether a metric of this name is of a split that no update uses."""
    return _parts(name)[0] in HELD_OUT


@lru_cache(maxsize=64)
def pairs(names: tuple[str, ...]) -> Mapping[str, str]:
    """The metrics that have one of a held-out split beside them: the name of training to that of validation.

    train/loss has val/loss, train_loss val_loss, loss_train loss_val; loss has val_loss where there is no train_loss.
    """
    by_form: dict[tuple[str, ...], dict[str, str]] = {}
    by_stem: dict[str, dict[str, str]] = {}
    for name in names:
        split, form, stem = _parts(name)
        if split:
            by_form.setdefault(form, {})[split] = name
            if split in HELD_OUT:
                by_stem.setdefault(stem, {}).setdefault(split, name)
    found: dict[str, str] = {}
    for of_split in by_form.values():
        trained, held_out = _first(of_split, TRAINING), _first(of_split, HELD_OUT)
        if trained and held_out:
            found[trained] = held_out
    taken = set(found.values())
    for name in names:
        beside = _first(by_stem.get(name, {}), HELD_OUT)
        if beside and not _parts(name)[0] and beside not in taken:
            found[name] = beside
    return found


def standing_for(names: Sequence[str]) -> str | None:
    """The metric that stands for a run in a list and on a chart of losses, None without any: a name of MAIN.

    Else one with `loss` in it, else one that is minimised, else the first one. What was chosen or counted comes last.
    """
    by_small = {name.lower(): name for name in reversed(names)}
    known = next((by_small[name] for name in MAIN if name in by_small), None)
    return known or min(names, key=_distance_from_loss, default=None)


def _distance_from_loss(name: str) -> tuple[bool, bool, bool, bool]:
    return is_chosen(name), "loss" not in name.lower(), not is_loss(name), is_held_out(name)


def _first(of_split: Mapping[str, str], splits: Sequence[str]) -> str:
    return next((of_split[split] for split in splits if split in of_split), "")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in small letters."""
    return tuple(word for word in _SEPARATORS.sub(" ", name).lower().split() if word)


def _has(name: str, among: frozenset[str]) -> bool:
    """Whether a name has one of these words, or two words that are one of these."""
    found = words(name)
    return not among.isdisjoint(found) or not among.isdisjoint(map(" ".join, pairwise(found)))


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, tuple[str, ...], str]:
    """The split that a name speaks of ('': none), its form with a place for the split, and what is left without it."""
    tokens = _SEPARATORS.split(name)
    at = next((at for at, token in enumerate(tokens) if token.lower() in (*TRAINING, *HELD_OUT)), None)
    if at is None:
        return "", tuple(tokens), name
    rest = tokens[:at] + tokens[at + 2 :] if at + 1 < len(tokens) else tokens[: max(at - 1, 0)]
    return tokens[at].lower(), (*tokens[:at], "*", *tokens[at + 1 :]), "".join(rest)
