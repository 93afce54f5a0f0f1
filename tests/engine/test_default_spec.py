"""What new runs of a store begin with: chosen once, read by whoever opens it, harmless when it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.jobs.people import default_spec
from engine.spec import defaults
from engine.store import Refused, open_for_writing
from tests.stores import query

SPEC = defaults("local-search").changed(step_size=0.5, seed=7)


def test_the_spec_of_a_run_becomes_the_usual_one(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([SPEC])
        assert default_spec.default_spec(store.reader()) is None
        assert "run 1" in default_spec.make_default(path, 1)
        assert default_spec.default_spec(store.reader()) == SPEC
        with pytest.raises(Refused, match="not changed"):
            default_spec.make_default(path, 9)
        assert default_spec.default_spec(store.reader()) == SPEC


@pytest.mark.parametrize("text", ["", "nonsense", '{"step_size": -1}', '{"no_such_field": 1}', '{"step_size": [1]}'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.settings.set(default_spec.SETTING, "x")
        query(path, "UPDATE settings SET value = ? WHERE name = ?", text, default_spec.SETTING)
        assert default_spec.default_spec(store.reader()) is None
