"""Data check: a run goes on with the very examples that it began with, or says what has changed."""

from __future__ import annotations

import json
from typing import Any

from engine.datasets import DataError, Dataset, check_same, fingerprint, load
from engine.spec import RunSpec
from engine.store import Refused, RunBackground

DATA = "data"
"""The name of the data's fingerprint in a run's environment."""


def with_data(environment: str, dataset: Dataset) -> str:
    """Return an environment (JSON) with the fingerprint of the run's data in it."""
    found = fingerprint(dataset)
    return json.dumps({**json.loads(environment), **({DATA: found} if found else {})})


def check_data(dataset: Dataset, environment: str, owner: str = "the run") -> None:
    """Raise DataError where the data are others than an environment (JSON, or '') tells of.

    An older version recorded no fingerprint: then nothing is compared.
    """
    check_same(dataset, _recorded(environment), owner)


def check_data_of(spec: RunSpec, background: RunBackground, owner: str) -> None:
    """Raise Refused where a run's data are missing here, or others than it recorded."""
    if trouble := data_trouble(spec, background, owner):
        raise Refused(trouble)


def data_trouble(spec: RunSpec, background: RunBackground, owner: str) -> str:
    """Return why a run's data are missing here, or others than it recorded, and what to do; '' if they are the same."""
    before = dict(background.environment).get(DATA, "")
    if not before:
        return ""
    try:
        check_same(load(spec.dataset), before, owner)
    except DataError as error:
        return error.message
    return ""


def _recorded(environment: str) -> str:
    try:
        facts: Any = json.loads(environment or "{}")
    except ValueError:
        return ""
    found = facts.get(DATA, "") if isinstance(facts, dict) else ""
    return found if isinstance(found, str) else ""
