"""Migrations: the schema as append-only steps. Never change a released step: add another."""

from __future__ import annotations

import math
import sqlite3

from sqlite_utils import Database, Migrations

from engine.spec import RunSpec
from engine.store.records import readable_spec
from engine.store.write.summary import average_before

steps = Migrations("lossboard")

SEARCHES = (
    "(CASE WHEN json_valid(spec) THEN CASE json_type(spec) WHEN 'object' THEN json_extract(spec, '$.strategy') END END "
    "IN ('random-search', 'local-search')) IS TRUE"
)
"""SQL condition: the run is a search; false when its spec cannot be read."""


def apply(raw: sqlite3.Connection) -> None:
    """Apply the missing steps to a database. The caller holds the write lock, so that two openers do not collide."""
    steps.apply(Database(raw, execute_plugins=False))


@steps()
def m001_runs_and_their_iterations(db: Database) -> None:
    """Runs, iterations (one row each) and their pyramid, evaluations, checkpoints, commands, sweeps, workers."""
    for statement in M001:
        db.execute(statement)


M001 = (
    """
    CREATE TABLE sweeps (
      sweep_id    INTEGER PRIMARY KEY AUTOINCREMENT,
      name        TEXT NOT NULL,
      parameter   TEXT NOT NULL,  -- the field of the spec that differs
      spec        TEXT NOT NULL,  -- what the runs have in common, as JSON
      created_at  TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE workers (
      worker_id    INTEGER PRIMARY KEY AUTOINCREMENT,
      host         TEXT NOT NULL,
      boot_id      TEXT NOT NULL,
      pid          INTEGER NOT NULL,
      start_ticks  INTEGER NOT NULL,  -- when the process started: a pid is used again
      started_at   TEXT NOT NULL,
      heartbeat_s  REAL NOT NULL,     -- seconds since the machine started
      log_path     TEXT NOT NULL,
      left_at      TEXT
    ) STRICT
    """,
    """
    CREATE TABLE runs (
      run_id            INTEGER PRIMARY KEY AUTOINCREMENT,
      name              TEXT NOT NULL,
      sweep_id          INTEGER REFERENCES sweeps(sweep_id),
      parent_id         INTEGER REFERENCES runs(run_id),  -- the run that this one was forked from
      parent_iteration  INTEGER,
      state             TEXT NOT NULL
        CHECK (state IN ('queued', 'running', 'paused', 'finished', 'failed', 'cancelled')),
      reason            TEXT NOT NULL DEFAULT '',         -- why it ended, or why it waits again
      spec              TEXT NOT NULL,                    -- all that defines the run, as JSON
      environment       TEXT NOT NULL DEFAULT '',         -- library versions and CPU, as JSON
      created_at        TEXT NOT NULL,
      started_at        TEXT,
      ended_at          TEXT,
      iterations_done   INTEGER NOT NULL DEFAULT 0,
      elapsed_s         REAL NOT NULL DEFAULT 0,          -- time spent running, pauses excluded
      last_loss         REAL,
      best_loss         REAL,
      best_iteration    INTEGER,
      iterations_per_s  REAL,
      diverged_at       INTEGER,                          -- first iteration whose loss is not finite
      worker_id         INTEGER REFERENCES workers(worker_id),
      attempt           INTEGER NOT NULL DEFAULT 0,       -- how often it was claimed
      times_lost        INTEGER NOT NULL DEFAULT 0,       -- workers lost since its last progress
      heartbeat_s       REAL,
      tags              TEXT NOT NULL DEFAULT '',
      note              TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX runs_by_state ON runs (state)",
    "CREATE INDEX runs_by_sweep ON runs (sweep_id) WHERE sweep_id IS NOT NULL",
    """
    CREATE TABLE iterations (
      run_id         INTEGER NOT NULL REFERENCES runs(run_id),
      iteration      INTEGER NOT NULL,  -- from 0
      elapsed_us     INTEGER,           -- time spent running: as whole microseconds it takes half the room
      loss           REAL,              -- of this proposal or batch; NULL where it was not a number
      data_loss      REAL,
      gradient_norm  REAL,
      step_size      REAL,
      elapsed_s      REAL GENERATED ALWAYS AS (elapsed_us / 1e6) VIRTUAL,
      PRIMARY KEY (run_id, iteration)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE evaluations (
      run_id     INTEGER NOT NULL REFERENCES runs(run_id),
      iteration  INTEGER NOT NULL,
      split      TEXT NOT NULL,
      loss       REAL,
      accuracy   REAL,              -- 0 to 1
      PRIMARY KEY (run_id, iteration, split)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE buckets (          -- derived from iterations, and rebuildable
      run_id     INTEGER NOT NULL REFERENCES runs(run_id),
      level      INTEGER NOT NULL,  -- a bucket covers 2^level iterations
      bucket     INTEGER NOT NULL,  -- from iteration bucket * 2^level
      n          INTEGER NOT NULL,  -- finite losses in it
      low        REAL,
      high       REAL,
      total      REAL,
      last       REAL,
      elapsed_s  REAL,              -- at its last iteration
      PRIMARY KEY (run_id, level, bucket)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE checkpoints (
      run_id      INTEGER NOT NULL REFERENCES runs(run_id),
      iteration   INTEGER NOT NULL,
      kind        TEXT NOT NULL,    -- resume (the newest one stays), snapshot or end
      created_at  TEXT NOT NULL,
      state       BLOB NOT NULL,    -- weights, update buffers and generator states, as .npz
      PRIMARY KEY (run_id, iteration)
    ) STRICT
    """,
    """
    CREATE TABLE commands (
      command_id            INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id                INTEGER NOT NULL REFERENCES runs(run_id),
      verb                  TEXT NOT NULL,
      argument              TEXT NOT NULL DEFAULT '',
      issued_at             TEXT NOT NULL,
      applied_at_iteration  INTEGER,
      outcome               TEXT NOT NULL DEFAULT ''  -- empty while it waits
    ) STRICT
    """,
    "CREATE INDEX commands_by_run ON commands (run_id)",
    """
    CREATE VIEW run_summary AS
    SELECT run_id, name, state,
           json_extract(spec, '$.strategy') AS strategy,
           json_extract(spec, '$.objective') AS objective,
           json_extract(spec, '$.dataset') AS dataset,
           json_extract(spec, '$.step_size') AS step_size,
           json_extract(spec, '$.batch_size') AS batch_size,
           json_extract(spec, '$.regularization_strength') AS regularization_strength,
           json_extract(spec, '$.seed') AS seed,
           iterations_done,
           json_extract(spec, '$.iterations') AS iterations_planned,
           round(elapsed_s, 3) AS elapsed_s,
           round(iterations_per_s, 1) AS iterations_per_s,
           last_loss, best_loss, best_iteration, diverged_at, reason, created_at
    FROM runs
    """,
    """
    CREATE VIEW final_evaluations AS
    SELECT e.run_id, r.name, e.split, e.iteration, e.loss, e.accuracy
    FROM evaluations e JOIN runs r USING (run_id)
    WHERE e.iteration = (SELECT max(l.iteration) FROM evaluations l WHERE l.run_id = e.run_id AND l.split = e.split)
    """,
    """
    CREATE VIEW sweep_results AS
    SELECT s.sweep_id, s.name AS sweep, s.parameter, json_extract(r.spec, '$.' || s.parameter) AS value,
           r.run_id, r.state, r.iterations_done, r.last_loss, r.best_loss, r.diverged_at
    FROM sweeps s JOIN runs r USING (sweep_id)
    """,
)


@steps()
def m002_forks_deletion_and_settings(db: Database) -> None:
    """Forks, deletion of runs until they are purged, settings, and the events of a run."""
    for statement in M002:
        db.execute(statement)


M002 = (
    "ALTER TABLE runs ADD COLUMN examples_per_iteration INTEGER",  # the batch size; N for the full batch and searches
    "ALTER TABLE runs ADD COLUMN best_before REAL",  # the lowest loss of the run that it was forked from, up to there
    "ALTER TABLE runs ADD COLUMN deleted_at TEXT",
    "CREATE INDEX runs_by_parent ON runs (parent_id) WHERE parent_id IS NOT NULL",
    "CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL",
    """
    CREATE TABLE settings (
      name   TEXT PRIMARY KEY,
      value  TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE VIEW events AS
    SELECT run_id, applied_at_iteration AS iteration, verb, argument, outcome, issued_at AS happened_at
    FROM commands WHERE applied_at_iteration IS NOT NULL
    UNION ALL
    SELECT parent_id, parent_iteration, 'fork', CAST(run_id AS TEXT), 'run ' || run_id || ' was forked here', created_at
    FROM runs WHERE parent_id IS NOT NULL AND deleted_at IS NULL
    UNION ALL
    SELECT run_id, parent_iteration, 'forked', CAST(parent_id AS TEXT), 'forked from run ' || parent_id, created_at
    FROM runs WHERE parent_id IS NOT NULL
    """,
    "DROP VIEW run_summary",
    """
    CREATE VIEW run_summary AS
    SELECT run_id, name, state,
           json_extract(spec, '$.strategy') AS strategy,
           json_extract(spec, '$.objective') AS objective,
           json_extract(spec, '$.dataset') AS dataset,
           json_extract(spec, '$.step_size') AS step_size,
           json_extract(spec, '$.batch_size') AS batch_size,
           json_extract(spec, '$.regularization_strength') AS regularization_strength,
           json_extract(spec, '$.seed') AS seed,
           iterations_done,
           json_extract(spec, '$.iterations') AS iterations_planned,
           round(elapsed_s, 3) AS elapsed_s,
           round(iterations_per_s, 1) AS iterations_per_s,
           last_loss, best_loss, best_iteration, diverged_at, parent_id, parent_iteration, tags, note, reason,
           created_at
    FROM runs WHERE deleted_at IS NULL
    """,
    "DROP VIEW final_evaluations",
    """
    CREATE VIEW final_evaluations AS
    SELECT e.run_id, r.name, e.split, e.iteration, e.loss, e.accuracy
    FROM evaluations e JOIN runs r USING (run_id)
    WHERE r.deleted_at IS NULL
      AND e.iteration = (SELECT max(l.iteration) FROM evaluations l WHERE l.run_id = e.run_id AND l.split = e.split)
    """,
    "DROP VIEW sweep_results",
    """
    CREATE VIEW sweep_results AS
    SELECT s.sweep_id, s.name AS sweep, s.parameter, json_extract(r.spec, '$.' || s.parameter) AS value,
           r.run_id, r.state, r.iterations_done, r.last_loss, r.best_loss, r.diverged_at
    FROM sweeps s JOIN runs r USING (sweep_id) WHERE r.deleted_at IS NULL
    """,
)


@steps()
def m003_sweeps_and_their_rungs(db: Database) -> None:
    """The whole plan of a sweep, its parent, and successive halving: rungs of runs and decisions at them."""
    for statement in M003:
        db.execute(statement)


M003 = (
    "ALTER TABLE sweeps ADD COLUMN second_parameter TEXT",  # of a grid
    "ALTER TABLE sweeps ADD COLUMN plan TEXT NOT NULL DEFAULT ''",  # all that defines the sweep, as JSON
    "ALTER TABLE sweeps ADD COLUMN parent_id INTEGER REFERENCES sweeps(sweep_id)",  # refined or repeated by this one
    "ALTER TABLE runs ADD COLUMN rung INTEGER",  # the iteration at which it waits for the other runs of its sweep
    "CREATE INDEX runs_at_rungs ON runs (sweep_id, rung) WHERE rung IS NOT NULL",
    """
    CREATE TABLE rung_decisions (
      sweep_id    INTEGER NOT NULL REFERENCES sweeps(sweep_id),
      rung        INTEGER NOT NULL,
      kept_up_to  REAL NOT NULL,     -- the largest train loss that went on; -Inf where none did
      kept        INTEGER NOT NULL,  -- values of the sweep
      dropped     INTEGER NOT NULL,
      decided_at  TEXT NOT NULL,
      PRIMARY KEY (sweep_id, rung)
    ) STRICT, WITHOUT ROWID
    """,
    "DROP VIEW sweep_results",
    """
    CREATE VIEW sweep_results AS
    SELECT s.sweep_id, s.name AS sweep, s.parameter, json_extract(r.spec, '$.' || s.parameter) AS value,
           s.second_parameter, json_extract(r.spec, '$.' || s.second_parameter) AS second_value,
           json_extract(r.spec, '$.seed') AS seed, r.run_id, r.state, r.iterations_done,
           (SELECT e.loss FROM evaluations e WHERE e.run_id = r.run_id AND e.split = 'train'
            ORDER BY e.iteration DESC LIMIT 1) AS train_loss,
           (SELECT e.loss FROM evaluations e WHERE e.run_id = r.run_id AND e.split = 'validation'
            ORDER BY e.iteration DESC LIMIT 1) AS validation_loss,
           (SELECT e.accuracy FROM evaluations e WHERE e.run_id = r.run_id AND e.split = 'validation'
            ORDER BY e.iteration DESC LIMIT 1) AS accuracy,
           r.last_loss, r.best_loss, r.diverged_at
    FROM sweeps s JOIN runs r USING (sweep_id) WHERE r.deleted_at IS NULL
    """,
)


@steps()
def m004_what_a_row_tells_of_its_run(db: Database) -> None:
    """Divergence of runs with finite losses only, the best loss of forked searches, and step sizes set during a run."""
    for statement in M004:
        db.execute(statement)


M004 = (
    "ALTER TABLE runs ADD COLUMN step_size_now REAL",  # the step size that was set last, in place of the spec's
    """
    UPDATE runs SET step_size_now = (
      SELECT CAST(argument AS REAL) FROM commands c
      WHERE c.run_id = runs.run_id AND verb = 'set-step-size' AND applied_at_iteration IS NOT NULL
      ORDER BY command_id DESC LIMIT 1)
    """,
    """
    UPDATE runs SET diverged_at = iterations_done - 1
    WHERE state = 'finished' AND reason = 'diverged' AND diverged_at IS NULL
      AND iterations_done > coalesce(parent_iteration, 0)
    """,
    """
    UPDATE runs SET best_loss = best_before, best_iteration = NULL
    WHERE best_before < coalesce(best_loss, 9e999) AND json_valid(spec)
      AND json_extract(CASE WHEN json_valid(spec) THEN spec END, '$.strategy') IN ('random-search', 'local-search')
    """,
)


@steps()
def m005_losses_that_runs_are_ranked_by(db: Database) -> None:
    """A run's newest evaluations, its lowest evaluated train loss as best loss, and the current loss without noise."""
    for statement in M005:
        db.execute(statement)
    for run_id, text, done in db.execute("SELECT run_id, spec, iterations_done FROM runs").fetchall():
        spec = readable_spec(text)
        if spec is not None and not spec.searches:
            db.execute(
                "UPDATE runs SET current_loss = ? WHERE run_id = ?", (_current(db.conn, run_id, spec, done), run_id)
            )


M005 = (
    "ALTER TABLE runs ADD COLUMN current_loss REAL",  # the loss now: kept by a search, averaged over mini-batches
    "ALTER TABLE runs ADD COLUMN evaluated_at INTEGER",  # after so many iterations train was evaluated last
    "ALTER TABLE runs ADD COLUMN train_loss REAL",
    "ALTER TABLE runs ADD COLUMN train_accuracy REAL",
    "ALTER TABLE runs ADD COLUMN validation_loss REAL",
    "ALTER TABLE runs ADD COLUMN validation_accuracy REAL",
    "ALTER TABLE runs ADD COLUMN test_loss REAL",
    "ALTER TABLE runs ADD COLUMN test_accuracy REAL",
    """
    UPDATE runs SET evaluated_at = (
      SELECT max(iteration) FROM evaluations e WHERE e.run_id = runs.run_id AND split = 'train')
    """,
    *(
        f"""
        UPDATE runs SET {split}_loss = loss, {split}_accuracy = accuracy
        FROM (SELECT run_id AS evaluated, max(iteration), loss, accuracy FROM evaluations WHERE split = '{split}'
              GROUP BY run_id)
        WHERE evaluated = runs.run_id
        """
        for split in ("train", "validation", "test")
    ),
    f"""
    UPDATE runs SET best_iteration = best_iteration + 1, current_loss = best_loss WHERE {SEARCHES}
    """,
    f"""
    UPDATE runs SET best_loss = NULL, best_iteration = NULL WHERE NOT ({SEARCHES})
    """,
    f"""
    UPDATE runs SET best_loss = lowest, best_iteration = at
    FROM (SELECT run_id AS evaluated, iteration AS at, min(loss) AS lowest FROM evaluations
          WHERE split = 'train' AND abs(loss) < 9e999 GROUP BY run_id)
    WHERE evaluated = runs.run_id AND NOT ({SEARCHES})
    """,
    "DROP VIEW run_summary",
    """
    CREATE VIEW run_summary AS
    SELECT run_id, name, state,
           json_extract(spec, '$.strategy') AS strategy,
           json_extract(spec, '$.objective') AS objective,
           json_extract(spec, '$.dataset') AS dataset,
           json_extract(spec, '$.step_size') AS step_size,
           json_extract(spec, '$.batch_size') AS batch_size,
           json_extract(spec, '$.regularization_strength') AS regularization_strength,
           json_extract(spec, '$.seed') AS seed,
           iterations_done,
           json_extract(spec, '$.iterations') AS iterations_planned,
           round(elapsed_s, 3) AS elapsed_s,
           round(iterations_per_s, 1) AS iterations_per_s,
           train_loss, validation_loss, validation_accuracy, test_loss, test_accuracy, evaluated_at,
           best_loss, best_iteration, current_loss, last_loss, diverged_at, parent_id, parent_iteration, tags, note,
           reason, created_at
    FROM runs WHERE deleted_at IS NULL
    """,
    "DROP VIEW sweep_results",
    """
    CREATE VIEW sweep_results AS
    SELECT s.sweep_id, s.name AS sweep, s.parameter, json_extract(r.spec, '$.' || s.parameter) AS value,
           s.second_parameter, json_extract(r.spec, '$.' || s.second_parameter) AS second_value,
           json_extract(r.spec, '$.seed') AS seed, r.run_id, r.state, r.iterations_done,
           r.iterations_done * r.examples_per_iteration AS examples_seen, round(r.elapsed_s, 3) AS elapsed_s,
           r.train_loss, r.validation_loss, r.validation_accuracy AS accuracy, r.best_loss, r.last_loss, r.diverged_at
    FROM sweeps s JOIN runs r USING (sweep_id) WHERE r.deleted_at IS NULL
    """,
)


@steps()
def m006_runs_of_any_program_and_what_they_measure(db: Database) -> None:
    """The kind of a run, the metrics that a logged run names, their measurements, and the pyramid over those."""
    for statement in M006:
        db.execute(statement)


M006 = (
    """
    ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'engine'
      CHECK (kind IN ('engine', 'logged', 'script', 'imported'))
    """,
    "ALTER TABLE runs ADD COLUMN project TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN run_group TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN config TEXT NOT NULL DEFAULT ''",  # what its program says it was started with, as JSON
    "ALTER TABLE runs ADD COLUMN summary TEXT NOT NULL DEFAULT ''",  # what its program says came of it, as JSON
    "ALTER TABLE runs ADD COLUMN knobs TEXT NOT NULL DEFAULT ''",  # what may be changed while it runs, as JSON
    "ALTER TABLE runs ADD COLUMN logged_id TEXT",  # what its program calls it, to go on with it later
    "ALTER TABLE runs ADD COLUMN stream TEXT",  # names the process that logs it, or logged it last
    "ALTER TABLE runs ADD COLUMN received INTEGER NOT NULL DEFAULT 0",  # bytes of that stream which are stored
    "CREATE UNIQUE INDEX runs_by_logged_id ON runs (logged_id) WHERE logged_id IS NOT NULL",
    """
    CREATE TABLE metrics (
      run_id      INTEGER NOT NULL REFERENCES runs(run_id),
      metric_id   INTEGER NOT NULL,  -- from 0 in each run: small numbers take little room in its measurements
      name        TEXT NOT NULL,
      n           INTEGER NOT NULL,  -- steps that have a value, NaN included
      first_step  INTEGER NOT NULL,
      last_step   INTEGER NOT NULL,
      last        REAL,              -- at the last step
      low         REAL,              -- of the finite values
      high        REAL,
      level       INTEGER,           -- the lowest level of its pyramid; NULL: too few values for one
      PRIMARY KEY (run_id, metric_id),
      UNIQUE (run_id, name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE measurements (
      run_id      INTEGER NOT NULL REFERENCES runs(run_id),
      metric_id   INTEGER NOT NULL,
      step        INTEGER NOT NULL,
      elapsed_us  INTEGER,           -- time since the run began, as whole microseconds
      value       REAL,              -- NULL where it was not a number
      PRIMARY KEY (run_id, metric_id, step)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE metric_buckets (    -- derived from measurements, and rebuildable
      run_id      INTEGER NOT NULL REFERENCES runs(run_id),
      metric_id   INTEGER NOT NULL,
      level       INTEGER NOT NULL,  -- a bucket covers 2^level steps
      bucket      INTEGER NOT NULL,  -- from step bucket * 2^level
      n           INTEGER NOT NULL,  -- finite values in it
      low         REAL,
      high        REAL,
      total       REAL,
      last        REAL,
      elapsed_us  INTEGER,           -- at its last step
      PRIMARY KEY (run_id, metric_id, level, bucket)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE VIEW logged_values AS
    SELECT run_id, m.name AS metric, v.step, v.elapsed_us / 1e6 AS elapsed_s, v.value
    FROM metrics m JOIN measurements v USING (run_id, metric_id)
    """,
    "DROP VIEW run_summary",
    """
    CREATE VIEW run_summary AS
    SELECT run_id, name, kind, state,
           json_extract(spec, '$.strategy') AS strategy,
           json_extract(spec, '$.objective') AS objective,
           json_extract(spec, '$.dataset') AS dataset,
           json_extract(spec, '$.step_size') AS step_size,
           json_extract(spec, '$.batch_size') AS batch_size,
           json_extract(spec, '$.regularization_strength') AS regularization_strength,
           json_extract(spec, '$.seed') AS seed,
           iterations_done,
           json_extract(spec, '$.iterations') AS iterations_planned,
           round(elapsed_s, 3) AS elapsed_s,
           round(iterations_per_s, 1) AS iterations_per_s,
           train_loss, validation_loss, validation_accuracy, test_loss, test_accuracy, evaluated_at,
           best_loss, best_iteration, current_loss, last_loss, diverged_at, parent_id, parent_iteration, tags, note,
           reason, created_at
    FROM runs WHERE deleted_at IS NULL
    """,
)


@steps()
def m007_output_and_sources(db: Database) -> None:
    """What programs print, files that were imported, and what a run tells of the program behind it."""
    for statement in M007:
        db.execute(statement)


M007 = (
    """
    CREATE TABLE output (
      run_id      INTEGER NOT NULL REFERENCES runs(run_id),
      part        INTEGER NOT NULL,  -- how many bytes of UTF-8 were printed before it: what is left out shows
      stream      TEXT NOT NULL CHECK (stream IN ('out', 'err')),
      step        INTEGER,           -- the run's next step when it was printed
      elapsed_us  INTEGER,           -- time since the run began, as whole microseconds
      text        TEXT NOT NULL,
      PRIMARY KEY (run_id, part)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sources (
      source_id    INTEGER PRIMARY KEY AUTOINCREMENT,
      format       TEXT NOT NULL,     -- of the files, in one word
      place        TEXT NOT NULL,     -- the absolute path of the file or folder
      key          TEXT NOT NULL DEFAULT '',  -- which run of that place, where it has several
      run_id       INTEGER NOT NULL REFERENCES runs(run_id),
      position     TEXT NOT NULL DEFAULT '',  -- how far it was read, as JSON
      imported_at  TEXT NOT NULL,
      read_at      TEXT NOT NULL,
      UNIQUE (format, place, key)
    ) STRICT
    """,
    "CREATE INDEX sources_by_run ON sources (run_id)",
    "ALTER TABLE runs ADD COLUMN listens INTEGER",  # 1: its program asks for commands; 0: it has not asked yet
    "ALTER TABLE runs ADD COLUMN primary_metric TEXT NOT NULL DEFAULT ''",  # stands for a logged run; '': by its name
    "ALTER TABLE runs ADD COLUMN exit_code INTEGER",  # of its program
    "ALTER TABLE runs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0",  # how often it was started again after a failure
    "ALTER TABLE workers ADD COLUMN cluster TEXT NOT NULL DEFAULT ''",  # where it has runs computed; '': by itself
    "ALTER TABLE workers ADD COLUMN trouble TEXT NOT NULL DEFAULT ''",  # why it cannot reach that
    "ALTER TABLE workers ADD COLUMN chunks_lost INTEGER NOT NULL DEFAULT 0",  # computed again after a loss there
    """
    CREATE TABLE cluster_workers (
      worker_id         INTEGER NOT NULL REFERENCES workers(worker_id),  -- the bridge that has them
      address           TEXT NOT NULL,
      host              TEXT NOT NULL,
      pid               INTEGER NOT NULL,  -- there; 0 as long as it is not known
      cpu               TEXT NOT NULL,
      kind              TEXT NOT NULL,     -- the same where the same bits come out
      run_ids           TEXT NOT NULL,     -- with spaces between them
      iterations_per_s  REAL NOT NULL,
      busy              REAL NOT NULL,     -- share of its time in which it computes
      chunks            INTEGER NOT NULL,  -- computed
      lost              INTEGER NOT NULL,
      trouble           TEXT NOT NULL,     -- why it gets no chunks
      PRIMARY KEY (worker_id, address)
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",  # rises where steps behind the newest change
    "ALTER TABLE runs ADD COLUMN process TEXT NOT NULL DEFAULT ''",  # a script's: host, boot, pid and its start
    "ALTER TABLE runs ADD COLUMN slot TEXT NOT NULL DEFAULT ''",  # a script's of its pool, such as gpu:1
    "ALTER TABLE runs ADD COLUMN scraped TEXT NOT NULL DEFAULT ''",  # what of its output was understood, as JSON
    "ALTER TABLE runs ADD COLUMN recorder_id INTEGER REFERENCES workers(worker_id)",  # who writes what a script logs
    "ALTER TABLE workers ADD COLUMN is_recorder INTEGER NOT NULL DEFAULT 0",  # 1: it has one run, and takes no other
    """
    UPDATE runs SET times_lost = 1
    WHERE kind = 'logged' AND state = 'failed' AND reason = 'lost: its program ended without a word'
    """,
)


def _current(raw: sqlite3.Connection, run_id: int, spec: RunSpec, done: int) -> float | None:
    """`Summary.current_loss` of a run of gradient descent."""
    row = raw.execute("SELECT loss FROM iterations WHERE run_id = ? AND iteration = ?", (run_id, done - 1)).fetchone()
    last = None if row is None else row[0]
    is_averaged = spec.is_noisy and last is not None and math.isfinite(last)
    return average_before(raw, run_id, done).value if is_averaged else last
