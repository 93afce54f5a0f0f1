"""What is not documented is not done: the README against the keys, the commands and the fields."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from engine.commands.cli import COMMANDS, command_at
from engine.spec import FIELDS
from tui.model import keymap
from tui.start.cli import DRAWING

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ALL_COMMANDS = {**COMMANDS, **DRAWING}


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_every_command_stands_in_the_readme_and_explains_itself(name: str) -> None:
    assert re.search(rf"lossboard {name}\b", README)
    command = command_at(ALL_COMMANDS[name])
    assert isinstance(command, click.Command)
    assert command.help
    commands = command.commands.values() if isinstance(command, click.Group) else [command]
    for part in commands:
        assert part.help
        assert all(option.help for option in part.params if isinstance(option, click.Option))


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_the_helps_of_all_commands_read_alike(name: str) -> None:
    command = command_at(ALL_COMMANDS[name])
    for part in [command, *getattr(command, "commands", {}).values()]:
        options = [option for option in part.params if isinstance(option, click.Option)]
        assert all(not option.help[0].islower() and option.help.endswith(".") for option in options)
        assert "RANGE" not in part.get_help(click.Context(part))
        assert "json" not in [option.name for option in options[:-1]]


EXPLAINED = keymap.keys_of("board", "sweep", "sweepview")


@pytest.mark.parametrize("key", EXPLAINED, ids=lambda key: f"{key.place}-{key.action}")
def test_every_key_of_the_board_and_of_sweeps_stands_in_the_readme(key: keymap.Key) -> None:
    assert all(f"`{keymap.NAMES.get(name, name)}`" in README for name in key.keys[: key.advertised])


@pytest.mark.parametrize("key", [key for key in keymap.KEYS if key.place == "replay"], ids=lambda key: key.action)
def test_every_key_of_a_replay_stands_in_its_table(key: keymap.Key) -> None:
    table = README.partition("## Replay")[2].partition("## ")[0]
    shown = ["1"] if key.written else [keymap.NAMES.get(name, name) for name in key.keys[: key.advertised]]
    assert all(f"`{name}`" in table for name in shown)


def test_no_two_keys_of_one_place_collide() -> None:
    for place in {key.place for key in keymap.KEYS}:
        names = [name for key in keymap.keys_of(place) for name in key.keys]
        assert len(names) == len(set(names)), place


def test_every_field_explains_itself() -> None:
    assert all(field.help and field.label for field in FIELDS.values())


@pytest.mark.parametrize("room", ["engine", "engine/store", "engine/jobs", "tui"])
def test_every_file_has_its_place_in_the_architecture(room: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition(f"\n| `{room}` | files |\n")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", table)
    assert sorted(named) == sorted(file.stem for file in (ROOT / room).glob("*.py") if file.stem != "__init__")


def test_every_room_of_the_screen_stands_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition("\n| folder of `tui` | what is in it |\n")[2].partition("\n\n")[0]
    named = [room for line in table.splitlines()[1:] for room in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(named) == sorted(file.parent.name for file in (ROOT / "tui").glob("*/__init__.py"))


def test_every_picture_and_page_that_is_named_is_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} names {target}"
