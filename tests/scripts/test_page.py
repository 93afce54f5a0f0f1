"""The commands of docs/scripts.md do what the page says."""

from __future__ import annotations

import re
import shlex
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.commands.sweeps import waiting
from engine.jobs.people import scripts, steer, sweeps
from engine.jobs.worker.worker_loop import work
from engine.store import open_for_writing
from tests.stores import query

TEXT = (Path(__file__).parents[2] / "docs/scripts.md").read_text()


def test_the_commands_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, program in re.findall(r"```python (\S+)\n(.*?)```", TEXT, flags=re.DOTALL):
        (tmp_path / name).write_text(program)
    blocks = re.findall(r"```sh run\n(.*?)```", TEXT, flags=re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) == 4
    for module in (scripts, steer, sweeps, waiting):
        monkeypatch.setattr(module, "start_workers", lambda path, count=None: 0)
    monkeypatch.chdir(tmp_path)
    with open_for_writing("runs.db"):
        pass
    leave = threading.Event()
    workers = [
        threading.Thread(target=work, args=["runs.db"], kwargs={"leave": leave.is_set, "linger_s": 60}) for _ in "12"
    ]
    for worker in workers:
        worker.start()
    try:
        for command in commands:
            words = [sys.executable if word == "python" else word for word in shlex.split(command)[1:]]
            done = CliRunner().invoke(main, words, catch_exceptions=False)
            assert done.exit_code == 0, done.output
    finally:
        leave.set()
        for worker in workers:
            worker.join(30)
    path = tmp_path / "runs.db"
    assert query(path, "SELECT state, count(*) FROM runs GROUP BY state") == [("finished", 7)]
    values = query(path, "SELECT run_id, metric, count(*) FROM logged_values GROUP BY run_id, metric ORDER BY run_id")
    assert values == [*((run_id, "loss", 100) for run_id in range(1, 7)), (7, "energy", 3)]
    seeds = query(path, "SELECT json_extract(config, '$.lr'), json_extract(config, '$.seed') FROM runs LIMIT 4")
    assert seeds == [(0.1, 0), (0.1, 1), (0.1, 2), (0.3, 0)]
