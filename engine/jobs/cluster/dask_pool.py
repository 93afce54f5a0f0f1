"""DaskPool: a cluster of Dask workers. Every touch of Dask is in this file.

An event loop in a thread of its own holds the client, so that the bridge never waits for the network. Each task is
pinned to one worker: Dask neither places nor steals, and who dies with which task is known.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import dask
from distributed import Client, KilledWorker, LocalCluster, Security, SSHCluster
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError

from engine.jobs.cluster.pool import Answer, Member
from engine.jobs.cluster.task import work
from engine.jobs.cluster.where import Where

log = logging.getLogger(__name__)

POLL_S = 0.25
ANSWER_S = 10.0
"""Seconds within which a scheduler has to answer."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
"""Seconds between two attempts to reach a scheduler: twice as long each time."""

SETTINGS = {
    "distributed.scheduler.work-stealing": False,
    "distributed.admin.low-level-log-length": 10,  # messages that each stream keeps, states of up to 1 MB among them
    "distributed.admin.large-graph-warning-threshold": "1GiB",
    "distributed.worker.daemon": True,
    "distributed.worker.profile.enabled": False,
}

CONNECTION = re.compile(r"in <[^>]*>: ")
NO_DASHBOARD = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}

UNREACHABLE = (OSError, TimeoutError, asyncio.TimeoutError, CommClosedError, ValueError, RuntimeError)


class DaskPool:
    """The workers of a Dask scheduler, which is reached again and again when it is lost."""

    def __init__(self, where: Where) -> None:
        self._where = where
        for name in [*logging.root.manager.loggerDict, "asyncssh"]:
            if name.startswith(("distributed", "asyncssh")):
                logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is told in our own words
        self._members: Mapping[str, Member] = {}
        self._trouble = f"{where.words} has not answered yet"
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._client: Client | None = None
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        return self._trouble

    def members(self) -> Mapping[str, Member]:
        return self._members

    def submit(self, key: str, address: str, frame: bytes) -> None:
        def begin() -> None:
            self._tasks[key] = self._loop.create_task(self._carry(key, address, frame))

        self._loop.call_soon_threadsafe(begin)

    def drop(self, key: str) -> None:
        def end() -> None:
            if (task := self._tasks.get(key)) is not None:
                task.cancel()

        self._loop.call_soon_threadsafe(end)

    def answers(self, wait_s: float) -> list[Answer]:
        found: list[Answer] = []
        with suppress(queue.Empty):
            found.append(self._answers.get(timeout=max(wait_s, 0.0)))
            while True:
                found.append(self._answers.get_nowait())
        return found

    def restart(self, address: str) -> None:
        asyncio.run_coroutine_threadsafe(self._restart(address), self._loop)

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(timeout=ANSWER_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with dask.config.set(SETTINGS):
            try:
                self._loop.run_until_complete(self._serve())
            except Exception:
                log.exception("the cluster is left")

    async def _serve(self) -> None:
        """Hold the cluster, if it is ours, and a client of it, until this pool is closed."""
        wait_s, security = FIRST_WAIT_S, _security(self._where)
        while not self._closing.is_set():
            try:
                async with _cluster(self._where, security) as target, self._connected(target, security) as client:
                    wait_s = FIRST_WAIT_S
                    await self._watch(client)
            except UNREACHABLE as error:
                self._lose(f"{self._where.words} cannot be reached: {_words(error)}")
                with suppress(TimeoutError, asyncio.TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    @asynccontextmanager
    async def _connected(self, target: Any, security: Security | None) -> AsyncIterator[Client]:
        settings: dict[str, Any] = {"asynchronous": True, "timeout": ANSWER_S, "set_as_default": False}
        settings["security"] = security
        if self._where.kind == "file":
            client = Client(scheduler_file=self._where.file, **settings)
        else:
            client = Client(target, **settings)
        try:
            self._client = await client
            yield client
        finally:
            self._client = None
            self._lose(f"{self._where.words} cannot be reached: the connection was lost")
            with suppress(*UNREACHABLE):
                await asyncio.wait_for(client.close(), ANSWER_S)

    async def _watch(self, client: Client) -> None:
        """Ask the scheduler for its workers until this pool is closed. Raises one of UNREACHABLE once it is lost."""
        while not self._closing.is_set():
            if client.status != "running":
                raise CommClosedError("the connection was lost")
            told = await asyncio.wait_for(client.scheduler.identity(n_workers=-1), ANSWER_S)
            self._members, self._trouble = _members(told["workers"]), ""
            with suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(self._closing.wait(), POLL_S)

    def _lose(self, reason: str) -> None:
        self._members, self._trouble = {}, reason
        for task in self._tasks.values():
            task.cancel("the scheduler was lost")

    async def _carry(self, key: str, address: str, frame: bytes) -> None:
        """One order to one worker, from its submission to its answer."""
        client, future, answer = self._client, None, None
        try:
            if client is None:
                raise CommClosedError("the scheduler was lost")
            future = client.submit(
                work, frame, key=key, workers=[address], allow_other_workers=False, pure=False, retries=0
            )
            answer = Answer(key, address, bytes(await future))
        except asyncio.CancelledError as error:
            current = asyncio.current_task()
            is_dropped = current is not None and current.cancelling() and not error.args
            if isinstance(error, FutureCancelledError):
                self._members = {}  # the scheduler is gone, which the next look at it tells of
            if not is_dropped:
                answer = Answer(key, address, lost=_words(error))
        except KilledWorker as error:
            answer = Answer(key, address, lost=_words(error), is_fault=True)
        except Exception as error:  # whatever Dask raises means the same: it is lost, and asked for again
            answer = Answer(key, address, lost=_words(error))
        finally:
            self._tasks.pop(key, None)
            if future is not None:
                future.release()
        if answer is not None:
            self._answers.put(answer)

    async def _restart(self, address: str) -> None:
        if self._client is not None:
            with suppress(*UNREACHABLE):
                await self._client.restart_workers([address], timeout=ANSWER_S, raise_for_error=False)


@asynccontextmanager
async def _cluster(where: Where, security: Security | None) -> AsyncIterator[Any]:
    """What a client connects to: an address, or a cluster that is started here and ended afterwards."""
    if where.kind == "local":
        async with LocalCluster(
            n_workers=where.count, threads_per_worker=1, processes=True, host="127.0.0.1", asynchronous=True,
            scheduler_kwargs=NO_DASHBOARD, silence_logs=logging.CRITICAL, security=security, protocol="tls",
        ) as cluster:  # fmt: skip
            yield cluster
    elif where.kind == "ssh":
        protocol = {} if security is None else {"protocol": "tls"}
        with dask.config.set(_inherited(where)):
            async with SSHCluster(
                [where.hosts[0], *where.hosts], worker_options={"nthreads": 1, **protocol},
                scheduler_options={**NO_DASHBOARD, **protocol}, asynchronous=True, security=security,
            ) as cluster:  # fmt: skip
                yield cluster
    else:
        yield where.address


def _security(where: Where) -> Security | None:
    """The certificates of a cluster. One that is started here has its own, in memory: whoever has an account on the
    machine reaches its ports, and a scheduler carries out any code."""
    given = where.certificates
    if given is None:
        return Security.temporary() if where.kind == "local" else None
    sides = {
        f"tls_{side}_{part}": value
        for side in ("client", "scheduler", "worker")
        for part, value in (("cert", given.certificate), ("key", given.key))
    }
    return Security(tls_ca_file=given.authority, require_encryption=True, **sides)


def _inherited(where: Where) -> dict[str, Any]:
    """What hosts that are started over SSH have to know of the certificates: their paths, which are the same there."""
    given = where.certificates
    if given is None:
        return {}
    sides = {
        f"distributed.comm.tls.{side}.{part}": value
        for side in ("scheduler", "worker", "client")
        for part, value in (("cert", given.certificate), ("key", given.key))
    }
    return {"distributed.comm.tls.ca-file": given.authority, "distributed.comm.require-encryption": True, **sides}


def _members(told: Mapping[str, Any]) -> Mapping[str, Member]:
    return {
        address: Member(address, str(each["host"]), float(each["last_seen"]), bool(each["nanny"]))
        for address, each in told.items()
    }


def _words(error: BaseException) -> str:
    """An error in one line, without the ports of this side, which are others each time."""
    return CONNECTION.sub("", " ".join(str(error).split()))[:200] or type(error).__name__
