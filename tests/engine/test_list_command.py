"""`lossboard list`: what is filtered and sorted there, and what is said about a filter that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.list import command
from engine.spec import defaults
from engine.store import Evaluation, open_for_writing
from tests.stores import block_of, claimed_writer


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        for loss in (0.3, 0.1, 0.9):
            # a single batch may tell the contrary of the whole split
            evaluations = [Evaluation(2, "train", loss, 0.9)]
            claimed_writer(store, defaults()).finish(block=block_of([3.0, 1 - loss]), evaluations=evaluations)
        claimed_writer(store, defaults("local-search")).finish(block=block_of([0.2]))
        store.catalogue.delete(4)
    return str(path)


def listed(store: str, *arguments: str) -> list[int]:
    done = CliRunner().invoke(command, [*arguments, "--json"], obj=store)
    assert done.exit_code == 0, done.output
    return [run["run_id"] for run in json.loads(done.stdout)]


def test_filters_and_orders(store: str) -> None:
    assert listed(store) == [3, 2, 1]
    assert listed(store, "--filter", "sgd loss<0.5", "--sort", "best") == [2, 1]
    assert listed(store, "--filter", "status:finished -loss>0.5", "--sort", "loss", "--reverse") == [1, 2]
    assert listed(store, "--deleted", "--filter", "search") == [4]
    assert listed(store, "--limit", "1", "--sort", "loss") == [2]
    assert listed(store, "--filter", "status:lost") == []


def test_a_filter_that_cannot_be_read_is_wrong_usage(store: str) -> None:
    done = CliRunner().invoke(command, ["--filter", "los<0.5"], obj=store)
    assert done.exit_code == 2
    assert "did you mean loss?" in done.output


def test_nothing_that_fits_is_said_beside_the_data(store: str) -> None:
    done = CliRunner().invoke(command, ["--filter", "no-such-word"], obj=store)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no runs fit\n")
