"""The headless commands: stdout is data, stderr is narration."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "run": "engine.commands.run",
    "sweep": "engine.commands.sweep",
    "list": "engine.commands.list",
    "show": "engine.commands.show",
    "export": "engine.commands.export",
    "stop": "engine.commands.stop",
    "pause": "engine.commands.pause",
    "resume": "engine.commands.resume",
    "step-size": "engine.commands.step_size",
    "fork": "engine.commands.fork",
    "rename": "engine.commands.rename",
    "tag": "engine.commands.tag",
    "note": "engine.commands.note",
    "delete": "engine.commands.delete",
    "undelete": "engine.commands.undelete",
    "purge": "engine.commands.purge",
    "workers": "engine.commands.workers",
    "work": "engine.commands.work",
    "backup": "engine.commands.backup",
    "doctor": "engine.commands.doctor",
    "probe": "engine.commands.probe",
    "gradient-check": "engine.commands.gradient_check",
    "landscape": "engine.commands.landscape",
    "data": "engine.commands.data",
}
"""Each command by name, and the module that holds it under `command`."""

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


class Commands(click.Group):
    """A group that reads a command's module only when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings=HELP)
@version_option
@db_option
@click.pass_context
def main(ctx: click.Context, db: str) -> None:
    """Launch, watch and compare optimization runs without a screen."""
    ctx.obj = db


if __name__ == "__main__":
    main(prog_name="lossboard")
