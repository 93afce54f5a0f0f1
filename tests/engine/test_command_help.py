"""What the command line says of itself: help in groups with defaults, and hints after a mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import COMMANDS, SECTIONS
from engine.spec import FIELDS, UPDATES
from engine.spec.field_groups import FIELD_GROUPS
from engine.store import open_for_writing
from tui.start.cli import DRAWING, group


def said(*arguments: str, status: int = 0) -> str:
    """All that the program answers, with the blanks of wrapped lines joined."""
    done = CliRunner().invoke(group(), arguments, prog_name="lossboard", terminal_width=200)
    assert done.exit_code == status, done.output
    return " ".join(done.output.split())


def test_every_field_is_in_one_group_and_every_command_in_one_section() -> None:
    assert sorted(name for names in FIELD_GROUPS.values() for name in names) == sorted(
        name for name, field in FIELDS.items() if field.typed
    )
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted({**COMMANDS, **DRAWING})


def test_the_help_of_a_run_has_groups_choices_and_defaults() -> None:
    told = said("run", "--help")
    places = [told.index(f"{group}:") for group in FIELD_GROUPS]
    assert places == sorted(places)
    assert f"--update [{'|'.join(UPDATES)}|FILE.py:NAME] The parameter update. [default: vanilla]" in told
    assert "Step size (learning rate). [default: 0.1; 0.03 with local-search" in told
    assert "--divergence-factor NUMBER" in told
    assert "[default: 1e6]" in told
    assert "[default: 0.1" not in said("fork", "--help")


def test_a_sweeps_commands_come_before_its_options() -> None:
    told = said("sweep", "--help")
    assert (
        told.index("refine")
        < told.index("--parameter NAME")
        < told.index("--second NAME")
        < told.index("--objective [")
    )


def test_a_list_of_commands_says_what_each_does_in_whole_words_and_an_argument_has_no_empty_line() -> None:
    for told in (said("--help"), said("sweep", "--help"), said("data", "--help")):
        assert not re.search(r"[a-z]\.\.\.", told)
    assert (
        "  probe           Try one step with each of several step sizes\n"
        in CliRunner().invoke(group(), ["--help"]).output
    )
    assert "Options: --json Answer as JSON." in said("step-size", "--help")
    assert "Other options: --at ITERATION" in said("fork", "--help")


def test_help_is_a_command_too() -> None:
    assert said("help") == said("--help")
    assert said("help", "sweep", "refine") == said("sweep", "refine", "--help")
    assert "did you mean refine?" in said("help", "sweep", "refin", status=2)
    assert "help run has no commands" not in said("help", "run")
    assert "run has no commands below it" in said("help", "run", "x", status=2)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("rum",), "No such command 'rum'; did you mean run?"),
        (("sweep", "refin"), "No such command 'refin'; did you mean refine?"),
        (("run", "--updte", "adam"), "--update"),
        (("show", "1", "--db", "x y"), "--db stands before the command: lossboard --db 'x y' show 1"),
        (
            ("sweep", "show", "--db=x", "1"),
            "--db stands before the command: lossboard --db=x sweep show 1",
        ),
        (("show", "abc"), "'abc' is not a valid number of a run"),
        (("sweep", "show", "x"), "'x' is not a valid number of a sweep"),
        (("list", "--sort", "zzzz"), "there is no 'zzzz'. There are run"),
        (("list", "--columns", "run,stats"), "there is no 'stats'; did you mean status? There are run"),
        (("step-size", "9", "-1"), "step size: must be greater than 0, not '-1'"),
        (("step-size", "--json", "9", "-.5"), "step size: must be greater than 0, not '-.5'"),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(arguments: tuple[str, ...], hint: str, tmp_path: Path) -> None:
    open_for_writing(tmp_path / "runs.db").close()
    assert hint in said("--db", str(tmp_path / "runs.db"), *arguments, status=2)
