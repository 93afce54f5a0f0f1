"""CLI: the group of headless commands; stdout is data, stderr is narration."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "run": "engine.commands.run:command",
    "sweep": "engine.commands.sweep:command",
    "list": "engine.commands.list:command",
    "show": "engine.commands.show:command",
    "export": "engine.commands.export:command",
    "stop": "engine.commands.steering:stop",
    "pause": "engine.commands.steering:pause",
    "resume": "engine.commands.steering:resume",
    "step-size": "engine.commands.steering:step_size",
    "fork": "engine.commands.steering:fork",
    "rename": "engine.commands.steering:rename",
    "tag": "engine.commands.steering:tag",
    "note": "engine.commands.steering:note",
    "delete": "engine.commands.steering:delete",
    "undelete": "engine.commands.steering:undelete",
    "purge": "engine.commands.steering:purge",
    "workers": "engine.commands.workers:workers",
    "work": "engine.commands.workers:work",
    "backup": "engine.commands.backup:command",
    "doctor": "engine.commands.doctor:command",
    "probe": "engine.commands.numerics.probe:command",
    "gradient-check": "engine.commands.numerics.gradient_check:command",
    "landscape": "engine.commands.numerics.landscape:command",
    "data": "engine.commands.numerics.data:command",
}
"""The place of each command by name, as `module:attribute`."""

HELP = {"help_option_names": ["-h", "--help"]}

version_option = click.version_option(package_name="lossboard", prog_name="lossboard")
db_option = click.option(
    "--db",
    type=click.Path(),
    envvar="LOSSBOARD_DB",
    default="runs.db",
    show_default=True,
    help="The store of runs; also LOSSBOARD_DB.",
)


def command_at(place: str) -> click.Command:
    """Import and return the command at a place of COMMANDS."""
    module, _, attribute = place.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    return command


class Commands(click.Group):
    """A group that imports a command's module only when that command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None if unknown."""
        return command_at(COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


@click.group(cls=Commands, context_settings=HELP)
@version_option
@db_option
@click.pass_context
def main(ctx: click.Context, db: str) -> None:
    """Launch, watch and compare optimization runs without a screen."""
    ctx.obj = db


if __name__ == "__main__":
    main(prog_name="lossboard")
