"""What is not documented is not done: the README against the keys, the commands and the fields."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from engine.commands.cli import COMMANDS, command_at
from engine.spec import FIELDS, defaults
from engine.store import open_for_writing
from tests import rooms, walks
from tests.presence import present
from tui.model import keymap
from tui.start.cli import DRAWING

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ALL_COMMANDS = {**COMMANDS, **DRAWING}
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


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
        assert all(not present(option.help)[0].islower() and present(option.help).endswith(".") for option in options)
        assert "RANGE" not in part.get_help(click.Context(part))
        assert "json" not in [option.name for option in options[:-1]]


EXPLAINED = keymap.keys_of("board", "sweep", "sweepview")


@pytest.mark.parametrize("key", EXPLAINED, ids=lambda key: f"{key.place}-{key.action}")
def test_every_key_of_the_board_and_of_sweeps_stands_in_the_readme(key: keymap.Key) -> None:
    names = [keymap.NAMES.get(name, name).replace("|", "\\|") for name in key.keys[: key.advertised]]
    assert all(f"`{name}`" in README for name in names)


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


def test_the_example_for_other_programs_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        store.queue.add([defaults()], names=["mine"])
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out == "1 mine queued None\n"


PICTURE = re.findall(r"^ +((?:lossboard|tui|engine)[.\w]*) +(\S.*)$", ARCHITECTURE.split("```")[1], re.MULTILINE)


def test_every_room_stands_in_the_architecture_above_what_it_imports() -> None:
    arrows = rooms.read(ROOT).arrows
    places = {room: place for place, (room, _) in enumerate(PICTURE)}
    assert set(places) == set(arrows) - {"engine", "tui"}
    assert [(room, low) for room in places for low in arrows[room] if places[low] < places[room]] == []


@pytest.mark.parametrize(("room", "line"), PICTURE)
def test_every_room_is_told_in_its_own_first_line(room: str, line: str) -> None:
    path = ROOT / room.replace(".", "/")
    first = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
    assert first.startswith(f'"""{line}'), f"{room}: say the same in docs/architecture.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    for named in re.findall(r"`((?:engine|tui|tests|docs|bench)/[\w/.]*|lossboard/\w+\.py)`", page.read_text()):
        assert (ROOT / named).exists(), f"{page.name} names {named}"


@pytest.mark.parametrize("way", walks.WALKS)
def test_every_station_of_a_walk_is_on_the_way(way: str) -> None:
    section = ARCHITECTURE.partition(f"## The way of one {way}\n")[2].partition("\n## ")[0]
    stations = {f"{file}: {name}" for name, file in re.findall(r"`([\w.]+)` \(`([\w/.]+\.py)`\)", section)}
    passed = {function for calls in walks.walked(way).values() for function in calls}
    passed |= {function.partition(".<locals>")[0] for function in passed}
    passed |= {f"{file}: {name.partition('.')[0]}" for file, _, name in (each.partition(": ") for each in passed)}
    assert stations - set(NOT_WALKED) - passed == set()
    assert stations


def test_the_figures_of_the_walk_are_about_right() -> None:
    """Only about: what one process has done before need not be done again."""
    rows = re.findall(r"^\| (\w+), [\w ]+ \| (\d+) \| \d+ \|$", ARCHITECTURE, re.MULTILINE)
    walked = {part: len(calls) for part, calls in walks.walked("loss").items()}
    assert walked == pytest.approx({part: int(functions) for part, functions in rows}, rel=0.3)


NOT_WALKED = ("engine/jobs/worker/run_loop.py: run_claimed",)
"""A loop around the way, which makes it again and again."""


def test_every_picture_and_page_that_is_named_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} names {target}"
