"""The examples in docs/engine.md run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "engine.md"


def test_the_examples_of_the_engine_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 9
    exec(compile("\n".join(blocks), str(DOCS), "exec"), {})


def test_every_strategy_objective_update_and_schedule_is_explained() -> None:
    from engine.spec import OBJECTIVES, SCHEDULES, STRATEGIES, TEST_FUNCTIONS, UPDATES

    text = DOCS.read_text(encoding="utf-8")
    assert not [
        name for name in (*STRATEGIES, *OBJECTIVES, *TEST_FUNCTIONS, *UPDATES, *SCHEDULES) if f"`{name}`" not in text
    ]
