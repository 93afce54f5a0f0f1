"""Shim: what shims and callbacks share: sentences told once, and calls that never raise into a training loop."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from typing import Any, ParamSpec, Self, TypeVar

    P = ParamSpec("P")
    T = TypeVar("T")

_told: set[str] = set()


def tell_once(sentence: str) -> None:
    """Say a sentence on standard error, the first time in this program."""
    if sentence not in _told:
        _told.add(sentence)
        print(f"lossboard: {sentence}", file=sys.stderr)


def drop(kind: str) -> None:
    """Say once that things of a kind, in the plural, are not kept."""
    tell_once(f"{kind} are not kept: a run is numbers, names and notes")


def quiet(call: Callable[P, T]) -> Callable[P, T | None]:
    """The call, which tells once what went wrong instead of raising it, and returns None then."""

    @wraps(call)
    def called(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return call(*args, **kwargs)
        except Exception as error:
            why = " ".join(str(error).split())[:200] or type(error).__name__
            tell_once(f"{call.__name__.strip('_')}() left something out: {why}")
            return None

    return called


def plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    """A mapping, nested ones too, with scalars of NumPy, torch and jax as numbers of Python."""
    return {str(key): plain(value) if isinstance(value, Mapping) else _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    try:
        return value.item()
    except Exception:  # no scalar, or one of many values
        return value


class Dropped:
    """Something that is no number: it takes every call, and is not kept."""

    kind = "values"

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        drop(self.kind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing was opened."""


def kind_of_dropped(kind: str) -> type[Dropped]:
    """A class for things of a kind, in the plural."""
    return type(kind.title().replace(" ", ""), (Dropped,), {"kind": kind})
