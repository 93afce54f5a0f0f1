"""What programs print is kept in parts: the beginning and the end stay, and what is missing is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import Printed, open_for_writing
from engine.store.programs.output import FIRST_KEPT, LAST_KEPT, append_output
from tests.stores import claimed_writer, query


def test_small_pieces_are_joined_and_streams_are_not(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        run_id = claimed_writer(store).claim.run_id
        for piece in [
            Printed("out", "ä\n", 3, 7),
            Printed("out", "b\0\udc80"),
            Printed("err", "c"),
            Printed("out", ""),
        ]:
            with store._connection.transaction() as raw:
                append_output(raw, run_id, [piece])
        assert store.reader().output(run_id) == [Printed("out", "ä\nb\0?", 3, 7, 0), Printed("err", "c", part=6)]
        assert [each.text for each in store.reader().output(run_id, first=6)] == ["c"]
        assert [each.text for each in store.reader().output(run_id, limit=1)] == ["c"]


@pytest.mark.parametrize("size", [100, 5_000, 300_000])
def test_the_beginning_and_the_end_stay_and_the_gap_is_told(tmp_path: Path, size: int) -> None:
    with open_for_writing(tmp_path / "runs.db") as store:
        run_id = claimed_writer(store).claim.run_id
        total, text = 0, ""
        while total < 900_000:
            with store._connection.transaction() as raw:
                many = [Printed("out", f"{total + place * size:0{size}d}") for place in range(max(20_000 // size, 1))]
                append_output(raw, run_id, many)
            text += "".join(each.text for each in many)
            total += size * len(many)
        parts = store.reader().output(run_id)
        tail = store.reader().output(run_id, first=total - 10_000)
    gap = next(place for place, each in enumerate(parts) if each.left_out)
    before, after = ("".join(each.text for each in some) for some in (parts[:gap], parts[gap:]))
    assert text.startswith(before)
    assert text.endswith(after)
    assert len(before) + parts[gap].left_out + len(after) == total
    assert FIRST_KEPT <= len(before) <= FIRST_KEPT + 4096
    assert LAST_KEPT <= len(after) <= LAST_KEPT + 5 * 4096
    assert not any(each.left_out for each in [*tail, *parts[gap + 1 :]])
    assert tail[0].part >= total - 10_000
    assert len(query(tmp_path / "runs.db", "SELECT part FROM output")) < 500
