"""docs/store.md names every table and column, and its queries run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.store import open_for_writing
from tests.stores import block_of, claimed_writer, query

TEXT = (Path(__file__).parents[2] / "docs/store.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path / "runs.db") as store:
        claimed_writer(store).finish(block=block_of([3.0, 2.0, 0.5, 0.7]))
    return tmp_path / "runs.db"


def test_every_table_view_and_column_is_described(path: Path) -> None:
    names = query(
        path, "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB '*sqlite*'"
    )
    assert names
    for name, kind in names:
        if kind == "view":
            assert f"`{name}`" in TEXT
            continue
        section = TEXT.partition(f"### {name}\n")[2].partition("\n### ")[0]
        columns = {row[1] for row in query(path, f"PRAGMA table_xinfo({name})")}
        assert {column for column in columns if f"`{column}`" not in section} == set(), name


@pytest.mark.parametrize("sql", QUERIES)
def test_the_queries_run(path: Path, sql: str) -> None:
    query(path, sql)


def test_there_are_five_and_they_answer(path: Path) -> None:
    assert len(QUERIES) == 5
    assert [row[-1] for row in query(path, QUERIES[3])] == [3.0, 2.0, 0.5, 0.5]
    assert query(path, QUERIES[4]) == [(1, 2, 0.003)]
