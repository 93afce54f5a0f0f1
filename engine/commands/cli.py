"""CLI: the group of headless commands; stdout is data, stderr is narration."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import click
from click.shell_completion import CompletionItem

from engine.commands.typed.completion import VARIABLE, register
from engine.commands.typed.help import GroupedGroup, as_typed, refuse_unknown, write_commands
from engine.files.program import STORE, working_on

COMMANDS = {
    "run": "engine.commands.run:command",
    "sweep": "engine.commands.sweeps.sweep:command",
    "launch": "engine.commands.launch:command",
    "list": "engine.commands.list:command",
    "show": "engine.commands.show:command",
    "export": "engine.commands.files.export:command",
    "import": "engine.commands.files.imports:command",
    "stop": "engine.commands.steering:stop",
    "pause": "engine.commands.steering:pause",
    "resume": "engine.commands.steering:resume",
    "step-size": "engine.commands.steering:step_size",
    "knob": "engine.commands.steering:knob",
    "metric": "engine.commands.steering:metric",
    "fork": "engine.commands.steering:fork",
    "trust": "engine.commands.steering:trust",
    "rename": "engine.commands.steering:rename",
    "tag": "engine.commands.steering:tag",
    "note": "engine.commands.steering:note",
    "delete": "engine.commands.steering:delete",
    "undelete": "engine.commands.steering:undelete",
    "purge": "engine.commands.steering:purge",
    "workers": "engine.commands.workers:workers",
    "work": "engine.commands.workers:work",
    "backup": "engine.commands.files.backup:command",
    "doctor": "engine.commands.doctor:command",
    "probe": "engine.commands.numerics.probe:command",
    "gradient-check": "engine.commands.numerics.gradient_check:command",
    "landscape": "engine.commands.numerics.landscape:command",
    "predict": "engine.commands.numerics.predict:command",
    "weights": "engine.commands.numerics.weights:command",
    "data": "engine.commands.numerics.data:command",
    "completion": "engine.commands.typed.completion:command",
    "help": "engine.commands.cli:help_command",
}
"""The place of each command by name, as `module:attribute`."""

SECTIONS = {
    "Runs and sweeps": ("run", "sweep", "fork", "list", "show"),
    "Other programs": ("launch", "import", "watch"),
    "Steer": ("pause", "resume", "stop", "step-size", "knob"),
    "Name and tidy": ("metric", "rename", "tag", "note", "delete", "undelete", "purge"),
    "Look closer": ("plot", "replay", "export", "probe", "landscape", "gradient-check", "weights", "predict"),
    "Store, workers and data": ("doctor", "backup", "workers", "work", "trust", "data"),
    "This program": ("learn", "completion", "help"),
}
"""The commands by what they are for, as `--help` lists them."""

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 120}

version_option = click.version_option(package_name="lossboard", prog_name="lossboard")
db_option = click.option(
    "--db",
    type=click.Path(),
    envvar=STORE,
    default="runs.db",
    show_default=True,
    help="The store of runs; also LOSSBOARD_DB.",
)


class CommandName(click.ParamType[str]):
    """The name of a command, which the shell completes."""

    name = "command"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The commands whose names begin so."""
        group = ctx.find_root().command
        names = group.list_commands(ctx) if isinstance(group, click.Group) else []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@cache
def command_at(place: str) -> click.Command:
    """Import and return the command at a place of COMMANDS."""
    module, _, attribute = place.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    return as_typed(command)


class Commands(GroupedGroup):
    """A group that imports a command's module only when that command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None if unknown."""
        return command_at(COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in their sections."""
        known = set(self.list_commands(ctx))
        write_commands(
            self, ctx, formatter, {title: [n for n in names if n in known] for title, names in SECTIONS.items()}
        )

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line, or answer a shell that asks how a word goes on."""
        register()
        return super().main(*args, **{"complete_var": VARIABLE, **extra})


@click.command("help")
@click.argument("names", metavar="[COMMAND]...", nargs=-1, type=CommandName())
@click.pass_context
def help_command(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Tell what a command does and which options it has; without COMMAND, which commands there are."""
    at = ctx.find_root()
    for name in names:
        group = at.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{at.info_name} has no commands below it")
        refuse_unknown(group, at, name)
        command = group.get_command(at, name)
        assert command is not None
        at = click.Context(command, info_name=name, parent=at)
    click.echo(at.get_help())


@click.group(cls=Commands, context_settings=HELP)
@version_option
@db_option
@click.pass_context
def main(ctx: click.Context, db: str) -> None:
    """Launch, watch and compare optimization runs without a screen."""
    ctx.obj = db
    ctx.with_resource(working_on(db))


if __name__ == "__main__":
    main(prog_name="lossboard")
