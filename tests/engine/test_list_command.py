"""`lossboard list`: what is filtered and sorted there, and what is said about a filter that cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.list import WRITTEN, command
from engine.commands.show import command as show
from engine.spec import defaults
from engine.store import Evaluation, open_for_writing
from engine.store.list.columns import COLUMNS, TITLES
from engine.store.list.listing import ORDERS
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


def test_runs_are_sorted_by_their_tags_and_those_without_come_last(store: str) -> None:
    with open_for_writing(store) as opened:
        opened.catalogue.tag(1, ["b"])
        opened.catalogue.tag(2, ["A", "z"])
    assert listed(store, "--sort", "tags") == [2, 1, 3]
    assert listed(store, "--sort", "tags", "--reverse") == [1, 2, 3]


def test_a_filter_that_cannot_be_read_is_wrong_usage(store: str) -> None:
    done = CliRunner().invoke(command, ["--filter", "los<0.5"], obj=store)
    assert done.exit_code == 2
    assert "did you mean loss?" in done.output


def test_nothing_that_fits_is_said_beside_the_data(store: str) -> None:
    done = CliRunner().invoke(command, ["--filter", "no-such-word"], obj=store)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No run fits the filter.\n")


def printed(store: str, *arguments: str) -> list[list[str]]:
    done = CliRunner().invoke(command, arguments, obj=store)
    assert done.exit_code == 0, done.output
    return [re.split(r"  +", line.strip()) for line in done.stdout.splitlines()]


def test_the_settings_in_which_runs_differ_have_columns(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults(objective="svm"), defaults(objective="softmax").changed(seed=7)], names=["mine", ""])
    titles, *rows = printed(str(path))
    assert titles[:5] == ["run", "status", "name", "objective", "seed"]
    assert [row[2:5] for row in rows] == [["gradient b256", "softmax", "7"], ["mine", "svm", "0"]]


def test_columns_are_chosen_by_the_names_of_orders(store: str) -> None:
    titles, *rows = printed(store, "--columns", "run,lr,Batch-Size, loss,run", "--sort", "loss")
    assert titles == ["run", "step", "batch", "loss"]
    assert rows == [["2", "0.1", "256", "0.1000"], ["1", "0.1", "256", "0.3000"], ["3", "0.1", "256", "0.9000"]]
    assert printed(store, "--columns", ",".join(ORDERS))[0][0] == "run"
    assert printed(store, "--columns", "run,acc.,it/s")[0] == ["run", "acc.", "it/s"]  # by their titles


def test_a_name_of_ones_own_is_without_its_folder_and_whole_for_one_run(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.db")
    with open_for_writing(path) as store:
        claimed_writer(store, defaults().changed(objective="/far/away/bowl.py:bowl")).finish(block=block_of([3.0]))
    assert printed(path, "--columns", "run,objective")[1] == ["1", "bowl.py:bowl"]
    whole = CliRunner().invoke(show, ["1"], obj=path)
    assert "objective  /far/away/bowl.py:bowl" in whole.stdout


@pytest.mark.parametrize("option", ["--columns", "--sort"])
def test_an_unknown_column_is_wrong_usage_and_those_that_there_are_are_named(store: str, option: str) -> None:
    done = CliRunner().invoke(command, [option, "objectiv"], obj=store)
    assert done.exit_code == 2
    assert "there is no 'objectiv'; did you mean objective?" in done.output
    assert "step_size, batch_size" in done.output


def test_every_order_is_a_column_with_a_title_and_a_way_to_write_it() -> None:
    assert set(ORDERS) == set(COLUMNS) == set(TITLES) == set(WRITTEN)
    assert len(COLUMNS) == len(ORDERS)


def test_a_list_that_is_cut_says_of_how_many(store: str) -> None:
    done = CliRunner().invoke(command, ["--limit", "2"], obj=store)
    assert done.stderr == "2 of 3 runs; --limit shows more\n"


def test_wide_and_combining_characters_leave_the_columns_in_line(store: str) -> None:
    with open_for_writing(store) as opened:
        opened.catalogue.rename(1, "日本語")
        opened.catalogue.rename(2, "e\u0301te\u0301")
    done = CliRunner().invoke(command, ["--columns", "run,name,objective"], obj=store)
    rows = done.stdout.splitlines()
    assert rows[3].startswith("  1  日本語" + " " * (len("gradient b256") - 6) + "  svm")
    assert rows[2].startswith("  2  e\u0301te\u0301" + " " * (len("gradient b256") - 3) + "  svm")
