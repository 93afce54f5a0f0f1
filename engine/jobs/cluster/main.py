"""Main: the process of a bridge, `python -m engine.jobs.cluster.main --db PATH --cluster WHERE`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from getopt import GetoptError, getopt

from engine.jobs.cluster.where import Where, certificates_of, where_of
from engine.jobs.processes.priority import lower_priority
from engine.jobs.processes.threads import ONE_THREAD
from engine.jobs.worker.worker import LeaveRequest

OPTIONS = ("db=", "cluster=", "scheduler-file=", "tls-ca=", "tls-cert=", "tls-key=", "max-runs=", "stay")
USAGE = """\
usage: python -m engine.jobs.cluster.main --db PATH (--cluster WHERE | --scheduler-file FILE)
         [--tls-ca FILE --tls-cert FILE --tls-key FILE] [--max-runs N] [--stay]"""


def main(arguments: list[str] | None = None) -> int:
    """Work with a cluster until the queue is empty or a signal asks to leave.

    Returns the exit code: 0, 1 after a StoreError, 2 for invalid options.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
    leave = LeaveRequest()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave.ask)
    try:
        options, unknown = getopt(sys.argv[1:] if arguments is None else arguments, "", OPTIONS)
        given = dict(options)
        if unknown:
            raise ValueError(f"unknown: {' '.join(unknown)}")
        path, where = given["--db"], _where(given)
        max_runs = int(given["--max-runs"]) if "--max-runs" in given else None
    except (GetoptError, KeyError, ValueError) as error:
        print(f"{USAGE}\n{error}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    os.environ.update(ONE_THREAD)
    lower_priority()
    if where.is_open:
        logging.warning(
            "%s is not encrypted, and whoever reaches its port has any code run there: "
            "keep the port behind a firewall or an SSH tunnel, or use TLS",
            where.words,
        )
    # NumPy reads the environment on import, so modules that import it come after.
    from engine.jobs.cluster.bridge_loop import work
    from engine.jobs.cluster.dask_pool import DaskPool
    from engine.store import StoreError

    pool = DaskPool(where)
    try:
        work(path, pool, where.words, leave=leave, max_runs=max_runs, stay="--stay" in given)
    except StoreError as error:
        logging.error("%s", error)
        return 1
    finally:
        pool.close()
    return 0


def _where(given: dict[str, str]) -> Where:
    files = (given.get("--tls-ca", ""), given.get("--tls-cert", ""), given.get("--tls-key", ""))
    return where_of(given.get("--cluster", ""), given.get("--scheduler-file", ""), certificates_of(files))


if __name__ == "__main__":
    sys.exit(main())
