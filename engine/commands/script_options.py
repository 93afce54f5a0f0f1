"""Script options: what `launch`, `watch` and `sweep` take for a command, and the spec that they describe."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from engine.commands.typed.help import options_in
from engine.spec.script import GRACE_S, ScriptSpec, script

Command = TypeVar("Command", bound=Callable[..., Any])

of_command = options_in("The command after --")

OPTIONS = (
    of_command("--set", "settings", metavar="NAME=VALUE", multiple=True, help="What stands for {NAME} in the command."),
    of_command("--env", "variables", metavar="NAME=VALUE", multiple=True, help="A variable of its environment."),
    of_command("--cwd", "folder", metavar="DIR", type=click.Path(), help="The folder to start it in; by default this."),
    of_command(
        "--scrape", "patterns", metavar="REGEX", multiple=True,
        help="How numbers are read from what it prints: named groups are metrics, (?P<step>...) is the step.",
    ),
    of_command(
        "--grace", metavar="S", type=float, default=GRACE_S, show_default=True,
        help="Seconds that it gets to end after it was asked to; then it is killed.",
    ),
    of_command(
        "--retries", metavar="N", type=int, default=0, show_default=True,
        help="How often it is started again when its worker is lost.",
    ),
    of_command(
        "--slots", "pool", metavar="NAME:N", default="",
        help="Gives each run one of N slots, as LOSSBOARD_SLOT and, of gpu:N, CUDA_VISIBLE_DEVICES.",
    ),
)  # fmt: skip


NAMES = {
    "settings": "--set",
    "variables": "--env",
    "folder": "--cwd",
    "patterns": "--scrape",
    "grace": "--grace",
    "retries": "--retries",
    "pool": "--slots",
}
"""The options by the names of what they give."""

WITH_DEFAULTS = ("grace", "retries")


WORDS = "engine.commands.words"
"""Where the context has the words of a command."""


def before_words(context: click.Context, arguments: list[str]) -> list[str]:
    """The arguments in front of `--`; what stands after it is kept for `words_of`."""
    if "--" not in arguments:
        return arguments
    place = arguments.index("--")
    context.meta[WORDS] = tuple(arguments[place + 1 :])
    return arguments[:place]


def words_of(context: click.Context) -> tuple[str, ...]:
    """The words of the command that stands after `--`; none without."""
    words: tuple[str, ...] = context.meta.get(WORDS, ())
    return words


def script_options(command: Command) -> Command:
    """A decorator that adds the options of a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def spec_given(words: Sequence[str], given: dict[str, Any]) -> ScriptSpec:
    """The spec of a command with these options. Raises SpecError."""
    return script(
        words,
        os.path.abspath(given["folder"] or os.getcwd()),
        given["settings"],
        given["variables"],
        patterns=tuple(given["patterns"]),
        grace=given["grace"],
        retries=given["retries"],
        pool=given["pool"],
    )
