"""ScriptSpec: everything that defines a run of somebody's own program: its command, and the values in it."""

from __future__ import annotations

import json
import math
import os.path
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.spec.parsing import SpecError, as_text, near_match, quoted

PLACEHOLDER = re.compile(r"\{\{([A-Za-z_][\w.-]*)\}\}|\{([A-Za-z_][\w.-]*)\}")
"""A name in braces, whose value stands there; in double braces it stands as it is, in single ones."""

BLANK = re.compile(r"\s")
NAME = re.compile(r"[A-Za-z_][\w.-]*$")
NUMBERED_OPTION = re.compile(r"(--?[A-Za-z][\w.-]*|[A-Za-z_][\w./]*)=(.+)$", re.DOTALL)
POOL = re.compile(r"([A-Za-z][\w-]{0,30}):(\d{1,4})$")

INTERPRETERS = ("python", "sh", "bash", "uv", "node", "Rscript", "julia", "torchrun")
"""Programs of which the script, not they, names a run."""

SEED = "seed"
GRACE_S = 10.0
MOST_GRACE_S = 86_400.0
MOST_RETRIES = 1000
LONGEST_LABEL = 80

Value = str | int | float


@dataclass(frozen=True, slots=True)
class ScriptSpec:
    """A command with placeholders such as `{lr}`, and all that its runs need beside it.

    `values` are those of the placeholders, `variables` are set in its environment beside those that were there where
    it was launched. `patterns` read its output. It gets `grace` seconds to end after it was asked to. `retries` is how
    often it is started again after its worker was lost. `pool` is the name and number of the slots of which each run
    has one, such as gpu:2, or ''. `secrets` are names of variables that were there and are not stored, being secret.
    """

    command: tuple[str, ...]
    folder: str
    values: Mapping[str, Value] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    grace: float = GRACE_S
    retries: int = 0
    pool: str = ""
    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.command or not self.command[0].strip():
            raise SpecError("command", "give the command to run after --, like -- python train.py")
        names = self.placeholders
        for name in self.values:
            if name not in names:
                there = f"; it has {', '.join(f'{{{each}}}' for each in names)}" if names else "; it has none"
                raise SpecError(name, f"there is no {{{name}}} in the command{there}{near_match(name, names)}")
        if not (math.isfinite(self.grace) and 0 <= self.grace <= MOST_GRACE_S):
            raise SpecError("grace", f"grace: give seconds from 0 to {MOST_GRACE_S:.0f}, not {self.grace:g}")
        if not 0 <= self.retries <= MOST_RETRIES:
            raise SpecError("retries", f"retries: give a number from 0 to {MOST_RETRIES}, not {self.retries}")
        if self.pool:
            pool_of(self.pool)

    def __hash__(self) -> int:
        return hash((self.command, self.folder, tuple(self.values.items())))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names in braces that stand for values, in their order.

        In a word with blanks, which is code rather than an argument, only those that have a value.
        """
        found = [
            match[2]
            for word in self.command
            for match in PLACEHOLDER.finditer(word)
            if match[2] and (match[2] in self.values or not BLANK.search(word))
        ]
        return tuple(dict.fromkeys(found))

    @property
    def words(self) -> tuple[str, ...]:
        """The command with its values. Raises SpecError where one is missing."""
        return tuple(
            PLACEHOLDER.sub(self._shown if BLANK.search(word) else self._filled, word) for word in self.command
        )

    @property
    def text(self) -> str:
        """The command with its values, as it would be typed; a name in braces that has none stays."""
        return shlex.join(PLACEHOLDER.sub(self._shown, word) for word in self.command)

    @property
    def label(self) -> str:
        """What its runs are called where nobody names them: its program and its arguments."""
        words = [PLACEHOLDER.sub(self._shown, word) for word in self.command]
        program = 0
        if len(words) > 1 and os.path.basename(words[0]).startswith(INTERPRETERS):
            program = next((place for place, word in enumerate(words[1:], 1) if not word.startswith("-")), 0)
            program = 0 if "-c" in words[1 : program + 1] else program
        words[program] = os.path.basename(words[program]) or words[program]
        label = " ".join(words[program:])
        return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"

    def changed(self, **values: Value) -> ScriptSpec:
        """The same with other values of placeholders. Raises SpecError for a name that is none."""
        return replace(self, values={**self.values, **values})

    def adjustable(self) -> ScriptSpec:
        """The same with a placeholder for each number of an option, such as --lr 0.1, beside those that are there."""
        command, values = list(self.command), dict(self.values)
        for place, word in enumerate(self.command):
            before = self.command[place - 1] if place else ""
            whole = NUMBERED_OPTION.match(word)
            if whole is not None and as_number(whole[2]) is not None:
                name, start, text = whole[1], f"{whole[1]}=", whole[2]
            elif before.startswith("-") and "=" not in before and NAME.match(before.lstrip("-")):
                name, start, text = before, "", word
            else:
                continue
            name = name.lstrip("-").replace("/", ".")
            number = as_number(text)
            if number is not None and name not in values and name not in self.placeholders:
                command[place], values[name] = f"{start}{{{name}}}", number
        return replace(self, command=tuple(command), values=values)

    def to_json(self) -> str:
        """The spec as a JSON object."""
        return json.dumps(
            {
                "command": list(self.command), "folder": self.folder, "values": dict(self.values),
                "variables": dict(self.variables), "patterns": list(self.patterns), "grace": self.grace,
                "retries": self.retries, "pool": self.pool, "secrets": list(self.secrets),
            }
        )  # fmt: skip

    def _shown(self, match: re.Match[str]) -> str:
        if match[2] in self.values:
            return as_text(self.values[match[2]])
        return match[0] if match[2] else f"{{{match[1]}}}"

    def _filled(self, match: re.Match[str]) -> str:
        if match[1]:
            return f"{{{match[1]}}}"
        if match[2] not in self.values:
            raise SpecError(match[2], no_value(match[2]))
        return as_text(self.values[match[2]])


def no_value(name: str) -> str:
    """What to do about a placeholder without a value, as a sentence."""
    return f"{{{name}}} has no value: give it one with --set {name}=..., or write {{{{{name}}}}} if braces are meant"


def script_from_json(text: str) -> ScriptSpec:
    """The spec of the output of `to_json`. Raises SpecError for anything else."""
    try:
        facts: Any = json.loads(text)
        return ScriptSpec(
            command=tuple(map(_text, facts["command"])),
            folder=_text(facts["folder"]),
            values={_text(name): _value(value) for name, value in facts.get("values", {}).items()},
            variables={_text(name): _text(value) for name, value in facts.get("variables", {}).items()},
            patterns=tuple(map(_text, facts.get("patterns", ()))),
            grace=float(facts.get("grace", GRACE_S)),
            retries=int(facts.get("retries", 0)),
            pool=_text(facts.get("pool", "")),
            secrets=tuple(map(_text, facts.get("secrets", ()))),
        )
    except SpecError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SpecError("command", f"the command of the run cannot be read: {error}") from None


def differences(one: ScriptSpec, other: ScriptSpec) -> tuple[str, ...]:
    """The names of values in which two scripts differ; `command` where that itself is another one."""
    names = tuple(name for name in {**one.values, **other.values} if one.values.get(name) != other.values.get(name))
    return names if one.command == other.command else ("command", *names)


def parse_value(text: str) -> Value:
    """A value as it was typed: a number that is written back as it was typed, else the text."""
    number = as_number(text)
    return text if number is None or as_text(number) != text.strip() else number


def as_number(text: str) -> float | int | None:
    """The finite number that a text is; None for any other text."""
    try:
        return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text.strip()) else _finite(float(text))
    except ValueError:
        return None


def assignment(text: str, option: str) -> tuple[str, str]:
    """The name and the value of NAME=VALUE. Raises SpecError for anything else."""
    name, equals, value = text.partition("=")
    if not equals or not NAME.match(name):
        raise SpecError(option, f"{option}: write it like NAME=VALUE, not {quoted(text)}")
    return name, value


def pool_of(text: str) -> tuple[str, int]:
    """The name and the number of the slots of a pool such as gpu:2. Raises SpecError for anything else."""
    match = POOL.match(text)
    if match is None or not int(match[2]):
        raise SpecError("slots", f"slots: write a name and how many there are, like gpu:2, not {quoted(text)}")
    return match[1], int(match[2])


def with_seeds(spec: ScriptSpec, repeats: int) -> list[ScriptSpec]:
    """The specs of some repeats: {seed} is 0, 1, ... where it has no value. Raises SpecError for repeats that would be
    the same run, and for another placeholder without a value."""
    is_seeded = SEED in spec.placeholders and SEED not in spec.values
    found = [spec.changed(**{SEED: number}) if is_seeded else spec for number in range(repeats)]
    for each in found:
        _ = each.words
    return found


def script(
    command: Sequence[str], folder: str, settings: Sequence[str] = (), variables: Sequence[str] = (), **more: Any
) -> ScriptSpec:
    """The spec of what was typed: NAME=VALUE each in `settings` and `variables`. Raises SpecError."""
    values = dict(assignment(each, "set") for each in settings)
    return ScriptSpec(
        command=tuple(command),
        folder=folder,
        values={name: parse_value(text) for name, text in values.items()},
        variables=dict(assignment(each, "env") for each in variables),
        **more,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _value(value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is no value")
    return value
