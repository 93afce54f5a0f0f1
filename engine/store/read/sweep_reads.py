"""Sweep reads: what the runs of a sweep have reached, for all of them in one query."""

from __future__ import annotations

from engine.store.file.connection import Connection
from engine.store.read.recorded import number
from engine.store.records import Evaluation
from engine.sweep import TrainLoss


def sweep_evaluations(connection: Connection, sweep_id: int) -> dict[int, dict[str, Evaluation]]:
    """The newest evaluation of each run of a sweep, by run id and split."""
    rows = connection.rows(
        "SELECT e.run_id, e.iteration, e.split, e.loss, e.accuracy FROM runs r "
        'JOIN (SELECT value AS split FROM json_each(\'["train", "validation", "test"]\')) s '
        "JOIN evaluations e ON e.run_id = r.run_id AND e.split = s.split AND e.iteration = "
        "(SELECT l.iteration FROM evaluations l WHERE l.run_id = r.run_id AND l.split = s.split "
        "ORDER BY l.iteration DESC LIMIT 1) WHERE r.sweep_id = ? AND r.deleted_at IS NULL",
        (sweep_id,),
    )
    found: dict[int, dict[str, Evaluation]] = {}
    for run_id, iteration, split, loss, accuracy in rows:
        found.setdefault(run_id, {})[split] = Evaluation(iteration, split, number(loss), number(accuracy))
    return found


def sweep_metric(connection: Connection, sweep_id: int, name: str) -> dict[int, float]:
    """The newest value of a metric of each run of a sweep that has it, by run id."""
    rows = connection.rows(
        "SELECT m.run_id, m.last FROM runs r JOIN metrics m USING (run_id) "
        "WHERE r.sweep_id = ? AND r.deleted_at IS NULL AND m.name = ?",
        (sweep_id, name),
    )
    return {run_id: number(last) for run_id, last in rows}


def sweep_train_losses(connection: Connection, sweep_id: int) -> dict[int, tuple[TrainLoss, ...]]:
    """Train losses of a sweep's finished runs by run id, oldest first, with iteration and seconds elapsed."""
    rows = connection.rows(
        "SELECT e.run_id, e.iteration, coalesce(i.elapsed_s, 0.0), e.loss FROM runs r "
        "JOIN evaluations e ON e.run_id = r.run_id AND e.split = 'train' "
        "LEFT JOIN iterations i ON i.run_id = e.run_id AND i.iteration = e.iteration - 1 "
        "WHERE r.sweep_id = ? AND r.state = 'finished' AND r.deleted_at IS NULL ORDER BY e.run_id, e.iteration",
        (sweep_id,),
    )
    found: dict[int, list[TrainLoss]] = {}
    for run_id, iteration, elapsed_s, loss in rows:
        found.setdefault(run_id, []).append(TrainLoss(iteration, elapsed_s, number(loss)))
    return {run_id: tuple(losses) for run_id, losses in found.items()}
