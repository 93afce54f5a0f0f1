"""What is stored is hostile: nothing but printable text reaches the terminal, and the tables stay whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.spec import defaults
from engine.store import open_for_writing
from tests.engine.test_store_catalogue import HOSTILE
from tests.stores import block_of, claimed_writer, query


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.people.steer.start_workers", lambda path: 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store in which one run for each hostile text is called, tagged, noted and failed with it."""
    with open_for_writing(tmp_path / "runs.db") as store:
        for text in HOSTILE:
            writer = claimed_writer(store, defaults().changed(iterations=5))
            writer.fail(text, block=block_of([1.0, 2.0]))
            run_id = writer.claim.run_id
            store.catalogue.rename(run_id, text)
            store.catalogue.tag(run_id, [text, "plain"])
            store.catalogue.write_note(run_id, text)
            # Another program may have written anything anywhere.
            query(
                tmp_path / "runs.db",
                "INSERT INTO commands (run_id, verb, argument, issued_at, applied_at_iteration, outcome) "
                "VALUES (?1, ?2, ?2, ?2, 1, ?2)",
                run_id,
                text,
            )
    return tmp_path


def lossboard(folder: Path, *arguments: str) -> str:
    """What a command prints, on stdout and stderr."""
    result = CliRunner().invoke(main, ["--db", str(folder / "runs.db"), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.output


def assert_printable(text: str) -> None:
    strange = {character for character in text if not (character.isprintable() or character == "\n")}
    assert strange == set()


def test_the_list_is_one_line_per_run(folder: Path) -> None:
    shown = lossboard(folder, "list")
    assert_printable(shown)
    lines = shown.splitlines()
    assert len(lines) == 1 + len(HOSTILE)
    assert all("failed" in line for line in lines[1:])
    assert max(map(len, lines)) < 120


@pytest.mark.parametrize("run_id", range(1, len(HOSTILE) + 1))
def test_what_is_shown_of_a_run_is_printable(folder: Path, run_id: int) -> None:
    shown = lossboard(folder, "show", str(run_id))
    assert_printable(shown)
    assert len(shown.splitlines()) < 60
    as_json = lossboard(folder, "show", str(run_id), "--json")
    assert_printable(as_json)
    run = json.loads(as_json)
    assert (run["name"], run["note"], run["tags"][0]) == (HOSTILE[run_id - 1],) * 3
    assert_printable(lossboard(folder, "note", str(run_id)))
    for command, *more in (
        ("stop",),
        ("pause",),
        ("resume",),
        ("fork", "--detach"),
        ("delete", "--yes"),
        ("undelete",),
    ):
        assert_printable(lossboard(folder, command, str(run_id), *more))


def test_the_doctor_is_not_moved(folder: Path) -> None:
    query(folder / "runs.db", "UPDATE runs SET state = 'running', worker_id = 1")
    query(folder / "runs.db", "UPDATE workers SET host = ?, log_path = ?", HOSTILE[1], HOSTILE[2])
    assert_printable(lossboard(folder, "doctor"))
    assert_printable(lossboard(folder, "doctor", "--json"))
