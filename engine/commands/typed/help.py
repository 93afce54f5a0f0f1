"""Help: options in groups, commands in groups, and a hint after a misspelt command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from engine.files.program import NAME, command_text
from engine.spec import near_match, quoted

BRIEF = 67
"""So many characters are told of a command in a list of commands, and of a longer sentence its first part."""

NAMED = re.compile(rf"(?<![\w/.-]){NAME}(?= [a-z]|`)")
"""This program in front of a command's name, in a help."""

Command = TypeVar("Command", bound=Callable[..., Any])

OTHER = "Options"
"""The group of options that belong to no other."""

TYPED = "lossboard.typed"
"""The key of a context's `meta` with the arguments as they were typed."""

NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)
"""The beginning of a negative number, which would be read as an option."""


class GroupedOption(click.Option):
    """An option that `--help` lists in a group."""

    def __init__(self, *names: Any, group: str = OTHER, default_text: str = "", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.group = group
        self._default_text = default_text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and what it does, with its default as text where the option itself has none."""
        record = super().get_help_record(ctx)
        if record is None or not self._default_text:
            return record
        return record[0], f"{record[1]}  [default: {self._default_text}]"


def options_in(group: str) -> Callable[..., Callable[[Command], Command]]:
    """The decorator `click.option` for options that `--help` lists in a group."""
    return partial(click.option, cls=GroupedOption, group=group)


class GroupedCommand(click.Command):
    """A command whose help lists its options in their groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group, in the order of the options; those without a group last."""
        write_options(self, ctx, formatter)


class GroupedGroup(click.Group):
    """A group of commands whose help lists these before the options, which are in their groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then a section for each group of options."""
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with what each does."""
        write_commands(self, ctx, formatter, {"Commands": self.list_commands(ctx)})

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may follow, commands with what each does."""
        items = super().shell_complete(ctx, incomplete)
        for item in items:
            command = self.get_command(ctx, item.value)
            if command is not None:
                item.help = brief(command)
        return items

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. Raises UsageError, with the closest one, where there is none."""
        refuse_unknown(self, ctx, args[0])
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, and keep them as they were typed."""
        ctx.meta.setdefault(TYPED, tuple(args))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke the command. Raises UsageError, with the right line, for an option that stands before a command."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if ctx.parent is None and (line := self._in_order(ctx, error.option_name)):
                said = f"{error.option_name} stands before the command: {line}"
                raise click.UsageError(said, error.ctx) from None
            raise

    def _in_order(self, ctx: click.Context, option: str) -> str:
        """What was typed with this option of the whole program in front, the last one if there are several.

        '' if it is no such option.
        """
        known = next(
            (one for one in self.get_params(ctx) if isinstance(one, click.Option) and option in one.opts), None
        )
        rest, moved = list(ctx.meta.get(TYPED, ())), list[str]()
        while known is not None and (at := _place(option, rest)) is not None:
            end = at + 1 + (not known.is_flag and "=" not in rest[at])
            moved, rest = rest[at:end], [*rest[:at], *rest[end:]]
        return command_text(shlex.join([*moved, *rest])) if moved else ""


def _place(option: str, typed: Sequence[str]) -> int | None:
    return next((at for at, word in enumerate(typed) if word.partition("=")[0] == option), None)


class NumberCommand(GroupedCommand):
    """A command with a number among its arguments: a negative one is a value, which may be refused, and no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, negative numbers as values unless they follow `--`."""
        if "--" not in args and any(map(NEGATIVE.match, args)):
            numbers = [word for word in args if NEGATIVE.match(word)]
            args = [*(word for word in args if not NEGATIVE.match(word)), "--", *numbers]
        return super().parse_args(ctx, args)


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write a command's options as one section for each group; those without a group last."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        if isinstance(param, click.Argument):  # the usage names it, and the text above says what it is
            continue
        record = param.get_help_record(ctx)
        if record is not None:
            sections.setdefault(getattr(param, "group", OTHER), []).append(record)
    rest = sections.pop(OTHER, [])
    for title, records in [*sections.items(), (OTHER if not sections else "Other options", rest)]:
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def write_commands(
    group: click.Group, ctx: click.Context, formatter: click.HelpFormatter, sections: Mapping[str, Iterable[str]]
) -> None:
    """Write a group's commands with what each does in brief, in `sections` by title."""
    column = max(len(name) for names in sections.values() for name in names)
    for title, names in sections.items():
        found = [(name, command) for name in names if (command := group.get_command(ctx, name)) is not None]
        with formatter.section(title):
            formatter.write_dl([(name.ljust(column), brief(command)) for name, command in found])


def as_typed(command: click.Command) -> click.Command:
    """The command, whose help and that of those below it names this program as it was typed."""
    if command.help:
        command.help = NAMED.sub(lambda _: command_text(), command.help)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        as_typed(below)
    return command


def brief(command: click.Command) -> str:
    """What a command does: the first sentence of its help, of a long one what stands before a colon or a semicolon."""
    paragraph = " ".join((command.help or "").replace("\b", "").strip().partition("\n\n")[0].split())
    sentence = re.split(r"\.(?: |$)", paragraph, maxsplit=1)[0]
    return sentence if len(sentence) <= BRIEF else re.split(r"[:;] ", sentence, maxsplit=1)[0]


def refuse_unknown(group: click.Group, ctx: click.Context, name: str) -> None:
    """Raise UsageError, with the closest name, where a group has no command of this name."""
    if ctx.resilient_parsing or name.startswith("-") or group.get_command(ctx, name) is not None:
        return
    raise click.UsageError(f"No such command {quoted(name)}{near_match(name, group.list_commands(ctx))}", ctx)
