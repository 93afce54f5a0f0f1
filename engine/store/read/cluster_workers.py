"""Cluster workers, as their bridges have told of them."""

from __future__ import annotations

from dataclasses import fields

from engine.store.file.connection import Connection
from engine.store.records import ClusterWorker

COLUMNS = ", ".join(f"c.{field.name}" for field in fields(ClusterWorker) if field.name not in ("bridge_id", "run_ids"))

PRESENT = f"""
    SELECT c.worker_id, c.run_ids, {COLUMNS} FROM cluster_workers c JOIN workers w USING (worker_id)
    WHERE left_at IS NULL ORDER BY c.worker_id, c.host, c.address
"""


def cluster_workers_of(connection: Connection) -> list[ClusterWorker]:
    """The cluster workers of bridges that have not left."""
    rows = connection.rows(PRESENT)
    return [ClusterWorker(row[0], tuple(map(int, row[1].split())), *row[2:]) for row in rows]
