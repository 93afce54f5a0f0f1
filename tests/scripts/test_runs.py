"""Scripts: real commands, started by real workers: how they end, what is read of them, what they are told, kills."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.jobs.people import scripts, steer
from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.liveness import is_alive
from engine.jobs.worker.worker_loop import work
from engine.spec.script import script
from engine.store import Refused, Run, Worker, open_for_reading, open_for_writing
from engine.store.programs.script_races import place_of
from engine.sweep import Axis, Halving, SweepPlan
from tests.scripts.running import curve, left_of, output, python, queue, ran, shell, the_run, zombies_of
from tests.stores import query, wait_until
from tests.system.workers import worker_with

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "runs.db"
    with open_for_writing(path):
        pass
    yield path
    LEAVE.set()
    kill_workers_of(path)
    wait_until(lambda: not left_of(path), 10, "no process of a script is left")


def wait_for(path: Path, run_id: int, *states: str) -> Run:
    wait_until(lambda: the_run(path, run_id).state in states, 60, f"run {run_id} {states}")
    return the_run(path, run_id)


LEAVE = threading.Event()
"""Tells the workers in threads of this process to leave, after each test."""


def kill_workers_of(path: Path) -> None:
    for worker in _workers(path):
        if worker.pid != os.getpid() and is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)


ENDINGS = {
    "end": ("print('done')", "finished", "", 0),
    "exit code": ("import sys; print('bad'); sys.exit(3)", "failed", "ended with exit code 3: bad", 3),
    "exception": ("raise ValueError('no')", "failed", "ended with exit code 1: ValueError: no", 1),
    "signal": ("import os; os.kill(os.getpid(), 11)", "failed", "ended by SIGSEGV: it has used memory", -11),
    "kill -9": ("import os; os.kill(os.getpid(), 9)", "failed", "ended by SIGKILL: it was killed", -9),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_script_ends_as_its_command_does(path: Path, tmp_path: Path, how: str) -> None:
    text, state, reason, code = ENDINGS[how]
    [run] = ran(path, python(text, tmp_path))
    assert (run.state, run.exit_code) == (state, code)
    assert run.reason.startswith(reason)
    assert bool(run.reason) == bool(reason)


def test_what_cannot_be_started_says_why(path: Path, tmp_path: Path) -> None:
    [missing, nowhere] = ran(path, python("{lr}", tmp_path), python("", tmp_path / "gone"))
    assert missing.reason.startswith("cannot be started: {lr} has no value")
    assert nowhere.reason == f"cannot be started: the folder {tmp_path / 'gone'} in which it was launched is not here"
    [unknown] = ran(path, shell("x", tmp_path).__class__(("no-such-program",), str(tmp_path)))
    assert unknown.reason == "cannot be started: there is no program 'no-such-program' that could be run"


def test_it_runs_where_and_as_it_was_launched_and_secrets_are_not_stored(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_DATA", "/data")
    monkeypatch.setenv("WANDB_API_KEY", "s3cr3t")
    monkeypatch.setenv("MIRROR", "https://me:pa55@host/x")
    monkeypatch.setattr(scripts, "start_workers", lambda path: 0)
    spec = shell('pwd; echo $MY_DATA $FOO; echo "$WANDB_API_KEY"; read x; echo "$OMP_NUM_THREADS" >&2', tmp_path)
    scripts.launch(path, spec.__class__(spec.command, spec.folder, variables={"FOO": "bar"}))
    monkeypatch.setenv("MY_DATA", "/elsewhere")
    monkeypatch.delenv("MIRROR")
    work(path, leave=lambda: False)
    assert output(path) == f"{tmp_path}\n/data bar\ns3cr3t\n"
    said = output(path, stream="err")
    assert "MIRROR was set where this was launched, and is not where its worker was started" in said
    with open(path, "rb") as file:
        assert b"pa55" not in file.read()
    assert "s3cr3t" not in str(query(path, "SELECT spec, environment, config FROM runs"))


def test_numbers_that_it_prints_are_its_curves(path: Path, tmp_path: Path) -> None:
    text = "for i in range(100): print(f'in attempt {i} the loss was {i / 4}, best {-i}')"
    [run] = ran(path, python(text, tmp_path))
    assert curve(path) == {i: i / 4 for i in range(100)}
    assert curve(path, "best") == {i: -i for i in range(100)}
    assert (run.iterations_done, run.current_loss) == (100, 24.75)
    [understood] = json.loads(query(path, "SELECT scraped FROM runs")[0][0])
    assert understood["metrics"] == ["loss", "best"]
    assert understood["step"] == "attempt"


def test_a_pattern_that_takes_for_ever_is_left(path: Path, tmp_path: Path) -> None:
    spec = python("print('a' * 40 + '!'); print('loss=0.5')", tmp_path, patterns=("(?P<x>(a+)+)$",))
    [run] = ran(path, spec)
    assert run.state == "finished"
    assert curve(path) == {0: 0.5}
    assert "--scrape took longer" in output(path, stream="err")


LOGS = """
import lossboard, sys
with lossboard.start("mine", config={"width": 3}, tags=["t"]) as run:
    for i in run.steps(20):
        run.log(loss=i / 2)
        print("loss=7")
    run.evaluate("validation", loss=0.5)
with lossboard.start("another") as run:
    run.log(loss=1.0)
"""


def test_a_program_that_logs_itself_logs_into_its_run(path: Path, tmp_path: Path) -> None:
    [run] = ran(path, python(LOGS + "#{lr}", tmp_path, settings=["lr=0.1"]))
    assert curve(path) == {i: i / 2 for i in range(20)}
    assert (run.state, run.validation_loss, run.tags) == ("finished", 0.5, ("t",))
    assert json.loads(query(path, "SELECT config FROM runs")[0][0]) == {"lr": 0.1, "width": 3}
    assert query(path, "SELECT kind, name, state FROM runs WHERE run_id = 2") == [("logged", "another", "finished")]
    assert output(path).count("loss=7") == 20


def work_aside(path: Path) -> threading.Thread:
    """A worker in a thread of this process."""
    LEAVE.clear()
    thread = threading.Thread(target=work, args=[path], kwargs={"leave": LEAVE.is_set})
    thread.start()
    return thread


def wait_for_more(path: Path, column: str) -> None:
    """Return once a number of the run has grown."""
    before = getattr(the_run(path, 1), column) or 0
    wait_until(lambda: (getattr(the_run(path, 1), column) or 0) > before, what=f"more {column}")


def test_a_stop_asks_it_and_its_children_to_end(path: Path, tmp_path: Path) -> None:
    queue(path, shell("echo up; sleep 60 & sleep 60", tmp_path))
    worker = work_aside(path)
    wait_until(lambda: output(path), what="it has begun")
    assert steer.stop(path, 1) == "Stopping run 1 …; what it has recorded is kept."
    worker.join(30)
    run = the_run(path, 1)
    assert (run.state, run.exit_code) == ("cancelled", -15)
    assert run.reason.startswith("stopped after ")
    assert not left_of(path)


def test_one_that_does_not_end_is_killed_after_its_grace(path: Path, tmp_path: Path) -> None:
    ignoring = "import signal, time; signal.signal(15, signal.SIG_IGN); print('loss=1'); time.sleep(60)"
    queue(path, python(ignoring, tmp_path, grace=0.2))
    worker = work_aside(path)
    wait_until(lambda: curve(path), what="it has begun")
    steer.stop(path, 1)
    worker.join(30)
    run = the_run(path, 1)
    assert (run.state, run.exit_code) == ("cancelled", -9)
    assert run.reason == "stopped at step 0, killed since it did not end within 0.2 s"


def test_a_pause_lets_it_stand_still_and_a_stop_ends_it_there(path: Path, tmp_path: Path) -> None:
    counting = "import time\nfor i in range(10**6): print(f'step {i} loss 1'); time.sleep(0.01)"
    queue(path, python(counting, tmp_path))
    worker = work_aside(path)
    wait_for_more(path, "iterations_done")
    steer.pause(path, 1)
    elapsed_s = wait_for(path, 1, "paused").elapsed_s
    assert set(left_of(path).values()) == {"T"}
    wait_for_more(path, "heartbeat_s")
    assert the_run(path, 1).elapsed_s == pytest.approx(elapsed_s, abs=0.05)
    steer.resume(path, 1)
    wait_for(path, 1, "running")
    wait_for_more(path, "iterations_done")
    steer.pause(path, 1)
    wait_for(path, 1, "paused")
    with pytest.raises(Refused, match="Run 1 is paused; stop it first"):
        steer.delete(path, 1)
    steer.stop(path, 1)
    worker.join(30)
    assert the_run(path, 1).state == "cancelled"
    outcomes = [outcome for (outcome,) in query(path, "SELECT outcome FROM commands ORDER BY command_id")]
    assert outcomes[0].endswith("; its memory stays")
    assert outcomes[1].startswith("resumed at step ")


def test_a_program_that_listens_is_asked_and_ends_well(path: Path, tmp_path: Path) -> None:
    text = (
        "import lossboard, time\nwith lossboard.start() as run:\n"
        "  for i in run.steps(10**6): run.log(loss=1.0); time.sleep(0.001)\nprint('saved')"
    )
    queue(path, python(text, tmp_path))
    worker = work_aside(path)
    wait_until(lambda: the_run(path, 1).listens, what="it listens")
    steer.stop(path, 1)
    worker.join(30)
    run = the_run(path, 1)
    assert (run.state, run.exit_code) == ("cancelled", 0)
    assert output(path) == "saved\n"


def test_what_it_leaves_behind_is_ended(path: Path, tmp_path: Path) -> None:
    [run] = ran(path, shell("(trap '' TERM HUP; sleep 60) & echo loss=1", tmp_path, grace=0.2))
    assert run.state == "finished"
    assert not left_of(path)


def worker_of(path: Path, run_id: int = 1) -> int:
    """The process id of the worker that has a run."""
    sql = "SELECT pid FROM workers JOIN runs USING (worker_id) WHERE run_id = ?"
    return int(query(path, sql, run_id)[0][0])


def recover(path: Path, times: int = 1) -> None:
    """Have lost runs found, until the run was lost so often."""
    wait_until(lambda: (steer.recover(path), the_run(path, 1).times_lost >= times)[1], what="the worker is found lost")


FAMILY = (
    "import subprocess, sys\nsubprocess.Popen(['sleep', '60'])\nfor i in range(3): print(f'step {i} loss {i}')\n"
    + SLEEP
)


def test_a_lost_worker_leaves_no_process_and_its_script_starts_again_as_often_as_it_may(
    path: Path, tmp_path: Path
) -> None:
    queue(path, python(FAMILY, tmp_path, retries=1))
    start_workers(path, 1)
    wait_until(lambda: len(curve(path)) == 3, what="it has begun")
    before = set(left_of(path))
    assert len(before) == 2
    os.kill(worker_of(path), signal.SIGKILL)
    recover(path)
    assert before.isdisjoint(left_of(path))
    wait_until(lambda: the_run(path, 1).attempt == 2 and len(left_of(path)) == 2, what="it has begun again")
    os.kill(worker_of(path), signal.SIGKILL)
    recover(path, 2)
    run = the_run(path, 1)
    assert (run.state, run.attempt, run.retries) == ("failed", 2, 1)
    assert run.reason == "lost: its worker ended without a word, and its processes were ended"


def test_a_worker_that_dies_before_the_store_knows_its_script_has_started_nothing(path: Path, tmp_path: Path) -> None:
    queue(path, shell(f"touch {tmp_path}/started", tmp_path))
    patch = (
        "import os, signal\nfrom engine.store.programs.scripts import ScriptWriter\n"
        "ScriptWriter.begin = lambda self, process: os.kill(os.getpid(), signal.SIGKILL)"
    )
    worker = worker_with(path, patch, tmp_path / "log")
    assert worker.wait(30) == -signal.SIGKILL
    wait_until(lambda: not left_of(path), 10, "nothing is left")
    recover(path)
    assert the_run(path, 1).state == "failed"
    assert not (tmp_path / "started").exists()


def test_another_attempt_takes_the_place_of_what_the_first_has_measured(path: Path, tmp_path: Path) -> None:
    (tmp_path / "first").touch()
    text = (
        "import os, sys\nfirst = os.path.exists('first')\n"
        "for i in range(0 if first else 50, 100 if first else 60): print(f'step {i} loss {int(first)}')\n"
        "if first: os.remove('first'); sys.exit(1)"
    )
    ran(path, python(text, tmp_path))
    assert len(curve(path)) == 100
    with open_for_writing(path) as store:
        assert store.queue.command(1, "resume") == "Resuming run 1 …: its command starts again from its beginning."
    work(path, leave=lambda: False)
    assert curve(path) == {step: float(step < 50) for step in range(60)}
    assert the_run(path, 1).iterations_done == 60


def test_each_run_of_a_pool_has_a_slot_of_its_own(path: Path, tmp_path: Path) -> None:
    text = (
        "mkdir busy-$CUDA_VISIBLE_DEVICES && sleep 0.1 && rmdir busy-$CUDA_VISIBLE_DEVICES && "
        "echo $LOSSBOARD_SLOT $CUDA_VISIBLE_DEVICES"
    )
    run_ids = queue(path, *[shell(text, tmp_path, pool="gpu:2")] * 5)
    for worker in [work_aside(path) for _ in range(3)]:
        worker.join(60)
    runs = [the_run(path, run_id) for run_id in run_ids]
    assert {run.state for run in runs} == {"finished"}
    assert {output(path, run_id) for run_id in run_ids} == {"0 0\n", "1 1\n"}
    assert {run.slot for run in runs} == {"gpu:0", "gpu:1"}


RACER = """
import json, os, sqlite3, sys, time
run = json.loads(os.environ["LOSSBOARD_RUN"])
print(f"step 10 loss {sys.argv[1]} acc {sys.argv[1]}")
while True:
    with sqlite3.connect(run["store"], timeout=30) as store:
        found = store.execute("SELECT verb FROM commands WHERE run_id = ?", (run["run"],)).fetchall()
    if found:
        break
    time.sleep(0.02)
if ("drop",) in found:
    time.sleep(60)
print("step 20 loss 0")
"""


def test_a_race_lets_the_best_share_of_those_that_have_come_so_far_go_on(path: Path, tmp_path: Path) -> None:
    (tmp_path / "racer.py").write_text(RACER)
    spec = script([sys.executable, "racer.py", "{value}"], str(tmp_path), ["value=0"])
    plan = SweepPlan(spec, (Axis("value", (1, 2, 3, 4, 5), of_script=True),), halving=Halving((10,), 0.5), metric="acc")
    with open_for_writing(path) as store:
        store.queue.add_sweep(plan)
    work(path, leave=lambda: False)
    rows = query(path, "SELECT name, state, reason FROM runs ORDER BY run_id")
    there: list[int] = []
    for value, (_, state, reason) in zip([int(name.split()[-1]) for name, _, _ in rows], rows, strict=True):
        there.append(value)
        goes_on = value in sorted(there)[: -(-len(there) // 2)]
        assert state == ("finished" if goes_on else "cancelled"), rows
        place = f"rung 10: acc {value}.000, place {sorted(there).index(value) + 1} of {len(there)} so far"
        assert reason == ("" if goes_on else place)
    assert query(path, "SELECT sum(kept + dropped) FROM rung_decisions") == [(5,)]


def test_the_place_at_a_rung_is_by_value_and_what_is_no_number_is_last() -> None:
    values = {1: 0.5, 2: None, 3: 0.25, 4: 0.5}
    assert [place_of(run_id, values, highest=False).place for run_id in values] == [2, 4, 1, 3]
    assert [place_of(run_id, values, highest=True).place for run_id in values] == [1, 4, 3, 2]
    assert not place_of(2, {2: None}, highest=False).goes_on(0.5)


def test_thirty_queued_scripts_all_end_and_nothing_is_left(path: Path, tmp_path: Path) -> None:
    run_ids = queue(path, *(shell(f"echo loss={number}", tmp_path) for number in range(30)))
    for worker in [work_aside(path) for _ in range(2)]:
        worker.join(60)
    assert query(path, "SELECT count(*) FROM runs WHERE state = 'finished'") == [(30,)]
    assert [curve(path, run_id=run_id) for run_id in run_ids] == [{0: number} for number in range(30)]
    assert not zombies_of(os.getpid())
    assert not left_of(path)


def _workers(path: Path) -> list[Worker]:
    reader = open_for_reading(path)
    try:
        return reader.workers()
    finally:
        reader.close()
