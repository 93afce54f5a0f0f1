"""Field: one field of a run: what it is called, which values it takes, and when it has an effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.spec.choices import ALL, BUILT_IN
from engine.spec.own_names import OWN
from engine.spec.parsing import Domain, SpecError, as_text


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a run: its names and help text, the values that it takes, and when it applies.

    It applies to `strategies`, if each field named in `needs` has one of the values given there, and not if each named
    in one of `unless` has one of those. If `open`, other values than `choices` are valid too; if `takes_own`, names of
    your own are. What is not `typed` the program finds out by itself.
    """

    name: str
    label: str
    help: str
    domain: Domain
    choices: tuple[str, ...] = ()
    strategies: frozenset[str] = ALL
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unless: tuple[Mapping[str, frozenset[str]], ...] = ()
    open: bool = False
    takes_own: bool = False
    typed: bool = True
    decided_by: frozenset[str] = field(init=False)
    """The fields whose values say whether this one has an effect."""

    def __post_init__(self) -> None:
        names = frozenset({"strategy", *self.needs, *(name for fitting in self.unless for name in fitting)})
        object.__setattr__(self, "decided_by", names)

    def applies(self, chosen: Mapping[str, Any]) -> bool:
        """True if this field has an effect, given the values of the other fields by name."""
        return self.obstacle(chosen) is None

    def obstacle(self, chosen: Mapping[str, Any]) -> str | None:
        """The name of the field whose value leaves this one without effect; None if it applies."""
        for name, values in {"strategy": self.strategies, **self.needs}.items():
            if not _is_among(name, chosen[name], values):
                return name
        for fitting in self.unless:
            if all(_is_among(name, chosen[name], values) for name, values in fitting.items()):
                return next(iter(fitting))
        return None

    def check(self, value: Any) -> Any:
        """Validate a value and return it in its stored type; text, and any other type, is parsed.

        Raises SpecError, with the value given and the values that fit.
        """
        domain = self.domain
        try:
            if type(value) in domain.types:
                return domain.of_type(value, value)
            return domain.parse(value if isinstance(value, str) else as_text(value))
        except (ValueError, OverflowError) as error:
            raise SpecError(self.name, f"{self.label}: {error}") from None

    @property
    def flag(self) -> str:
        """The command line option, such as --step-size."""
        return "--" + self.name.replace("_", "-")


def _is_among(name: str, value: Any, values: frozenset[str]) -> bool:
    """Return whether a field's value is one of these; a name of your own counts as OWN, too."""
    return value in values or (OWN in values and name in BUILT_IN and value not in BUILT_IN[name])
