"""Bridge: a worker towards the store, whose runs are advanced by the workers of a cluster."""

from __future__ import annotations

import itertools
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.datasets import DataError, fingerprint, load
from engine.jobs.cluster.attempt import ClusterAttempt
from engine.jobs.cluster.likeness import environment_of, facts
from engine.jobs.cluster.orders import Order, Reply
from engine.jobs.cluster.pool import Answer, Pool
from engine.jobs.cluster.roster import Colleague, Roster
from engine.jobs.cluster.sending import pieces
from engine.jobs.processes.recovery import recover_lost_runs
from engine.jobs.processes.retry import retried
from engine.jobs.worker.data_check import DATA
from engine.jobs.worker.environment import NUMERICAL
from engine.own_code.loading import NotTrusted, contents
from engine.spec import NO_DATA, RunSpec, SpecError
from engine.store import Claim, FencedOff, Store

log = logging.getLogger(__name__)

TURN_S = 0.05
RECOVER_EVERY_S = 0.5
LOOK_EVERY_S = 0.25
"""Seconds between two looks into an empty queue, which takes the write lock."""

TELL_EVERY_S = 1.0
STUCK_S = 20.0
"""Seconds after which a worker that computes an order of a run which is over is not waited for."""

GREET_S = 60.0
"""Seconds within which a worker has to say what it is."""

SHIFT_AFTER_S = 60.0
"""Seconds that a run waits for a worker of the group that it began with, before another group goes on with it."""

NOT_DECIDING = ("seed", "iterations", "seconds", "pace", "step_size", "regularization_strength")
"""Fields of a spec that do not decide how long an iteration takes."""


@dataclass(eq=False)
class Job:
    """A claimed run: its attempt, the `kind` of workers that compute it, without any since `alone_at`, and the `last`
    one, which was asked at `asked_at`. `code` are the files that its spec names."""

    attempt: ClusterAttempt
    kind: str
    last: str = ""
    asked_at: float = 0.0
    code: tuple[tuple[str, bytes], ...] = ()
    alone_at: float | None = None


@dataclass(eq=False)
class Shipment:
    """A data set on its way to a host, by the `pieces` that are left."""

    host: str
    data: str
    pieces: Iterator[Order]


@dataclass
class Given:
    """An order at a worker, for a `job` or a `shipment`; with neither, a greeting."""

    address: str
    asked_at: float
    job: Job | None = None
    shipment: Shipment | None = None

    @property
    def greets(self) -> bool:
        """Whether the worker was asked what it is."""
        return self.job is None and self.shipment is None


class Bridge:
    """Claims runs while there is room on the cluster, and carries orders and replies between them and its workers."""

    def __init__(self, store: Store, pool: Pool, leave: Callable[[], bool], worker_id: int) -> None:
        self._store, self._pool, self._leave = store, pool, leave
        self._worker_id = worker_id
        self._roster = Roster(facts())
        self._jobs: list[Job] = []
        self._given: dict[str, Given] = {}
        self._each: dict[str, float] = {}
        self._shipments: dict[tuple[str, str], Shipment] = {}
        self._shipped: set[tuple[str, str]] = set()
        self._numbers = itertools.count()
        self._token = f"{os.getpid()}-{time.time_ns():x}"
        self._recovered_at = self._told_at = self._empty_at = float("-inf")
        self._lost = 0
        self._complaint = pool.trouble
        self.done = 0

    def turn(self, most: int | None = None) -> bool:
        """One turn: answers in, runs claimed (`most` in all), orders out; whether anything is going on."""
        for answer in self._pool.answers(TURN_S):
            self._take(answer)
        self._meet()
        self._claim(most)
        self._tick()
        self._give()
        self._tell()
        return bool(self._jobs)

    def leave(self) -> None:
        """Give every run back, to go on from its last chunk."""
        self._tick()
        retried(lambda: self._store.tell_cluster(self._worker_id, [], "", self._lost), self._leave)

    def _meet(self) -> None:
        """Greet who is new, and lose what was asked of those who are gone or silent."""
        new, gone = self._roster.meet(self._pool.members())
        for each in gone:
            log.warning("cluster worker %s on %s is gone", each.member.address, each.member.host)
            self._lose(each, "its worker is gone")
        for each in self._roster:
            if each.is_silent and each.keys:
                log.warning("cluster worker %s on %s is silent", each.member.address, each.member.host)
                self._lose(each, "its worker is silent")
        now = time.monotonic()
        for key, given in [*self._given.items()]:
            if given.greets and now - given.asked_at > GREET_S:
                self._withdraw(key)
                self._roster[given.address].refused = "it does not say what it is"
        for each in new:
            self._submit(Order("greet"), each)

    def _lose(self, each: Colleague, reason: str) -> None:
        for place, key in enumerate([*each.keys]):
            given = self._withdraw(key)
            if given is not None and given.shipment is not None:
                self._shipments.pop((given.shipment.host, given.shipment.data), None)
            if given is not None and given.job is not None:
                each.lost += 1
                self._count_lost()
                given.job.last = ""
                given.job.attempt.lost(reason, is_fault=place == 0)  # the first one was computed, the other waited

    def _count_lost(self) -> None:
        self._lost += 1
        self._told_at = float("-inf")

    def _withdraw(self, key: str) -> Given | None:
        """Forget an order; returns it if it was still open."""
        given = self._given.pop(key, None)
        self._pool.drop(key)
        if given is not None and (each := self._roster.get(given.address)) is not None:
            each.keys.remove(key)
        return given

    def _take(self, answer: Answer) -> None:
        given = self._given.pop(answer.key, None)
        each = self._roster.get(answer.address)
        if given is None:
            return
        if each is not None:
            each.keys.remove(answer.key)
        if given.shipment is not None:
            self._go_on_sending(given.shipment, answer, each)
        elif given.job is None:
            self._introduce(answer, each)
        elif answer.frame is None:
            self._count_lost()
            if each is not None:
                each.lost += 1
                each.code.clear()  # it may not have arrived
            given.job.attempt.lost(answer.lost, is_fault=answer.is_fault)
        else:
            reply = Reply.from_bytes(answer.frame)
            if reply.trouble == "lacks data" and each is not None and self._can_send(given.job, each):
                given.job.attempt.postponed()
            else:
                self._accept(given.job.attempt, reply, each, answer.address)

    def _can_send(self, job: Job, each: Colleague) -> bool:
        """Whether a run's data set is on its way to the host of a worker that lacks it, or is sent there now."""
        attempt, host = job.attempt, (each.facts or {}).get("host", each.member.host)
        if (host, attempt.data) in self._shipments:
            return True
        if not attempt.data or (host, attempt.data) in self._shipped:
            return False  # it was sent there, and is lacked all the same
        shipment = Shipment(host, attempt.data, pieces(attempt.spec, attempt.data))
        first = next(shipment.pieces, None)
        if first is None:
            return False
        log.info("the data set of run %d is sent to %s", attempt.claim.run_id, host)
        self._shipments[host, attempt.data] = shipment
        self._submit(first, each, shipment=shipment)
        return True

    def _go_on_sending(self, shipment: Shipment, answer: Answer, each: Colleague | None) -> None:
        place = shipment.host, shipment.data
        told = "its worker was lost" if answer.frame is None else Reply.from_bytes(answer.frame).reason
        order = None if told or each is None else next(shipment.pieces, None)
        if order is not None and each is not None:
            self._submit(order, each, shipment=shipment)
            return
        del self._shipments[place]
        if answer.frame is not None:
            self._shipped.add(place)
        if told:
            log.warning("a data set has not arrived on %s: %s", shipment.host, told)

    def _introduce(self, answer: Answer, each: Colleague | None) -> None:
        if each is None:
            return
        if answer.frame is None:
            each.refused = f"it cannot answer ({answer.lost}): is this version of Lossboard installed there?"
        else:
            try:
                reply = Reply.from_bytes(answer.frame)
                each.refused = reply.reason or self._roster.introduce(answer.address, dict(reply.facts))
            except (ValueError, TypeError, KeyError):
                each.refused = "it answers as another version of Lossboard would"
        if each.refused:
            log.warning("cluster worker %s on %s is refused: %s", answer.address, each.member.host, each.refused)
            return
        log.info("cluster worker %s on %s computes", answer.address, each.member.host)
        if len(kinds := self._roster.kinds()) > 1:
            log.warning("the workers round in %d ways; each run stays with one kind of them", len(kinds))

    def _accept(self, attempt: ClusterAttempt, reply: Reply, each: Colleague | None, address: str) -> None:
        if each is not None and reply.block is not None:
            each.count(len(reply.block), reply.took_s)
        environment = "" if not reply.facts else self._environment(reply, each, address)
        self._held_to_claim(attempt, lambda: attempt.accept(reply, environment))
        if attempt.seconds_each is not None:
            self._each[_alike(attempt.spec)] = attempt.seconds_each

    def _environment(self, reply: Reply, each: Colleague | None, address: str) -> str:
        known = dict(reply.facts)
        told = json.loads(environment_of((each.facts if each else None) or {}, address))
        if known.get("data"):
            told[DATA] = known["data"]
        if known.get("is_numerical"):
            told["gradient"] = NUMERICAL
        return json.dumps(told)

    def _claim(self, most: int | None) -> None:
        if time.monotonic() - self._recovered_at >= RECOVER_EVERY_S:
            self._recovered_at = time.monotonic()
            for run_id in retried(lambda: recover_lost_runs(self._store), self._leave):
                log.info("run %d had lost its worker; it is queued again", run_id)
        if time.monotonic() - self._empty_at < LOOK_EVERY_S:
            return
        while len(self._jobs) < self._roster.room and not self._leave() and (most is None or self.done < most):
            retried(self._store.queue.decide_rungs, self._leave)
            claim = retried(lambda: self._store.queue.claim(self._worker_id), self._leave)
            if claim is None:
                self._empty_at = time.monotonic()
                return
            self.done += 1
            log.info("run %d, attempt %d: %s", claim.run_id, claim.attempt, claim.spec.to_json())
            try:
                self._begin(claim)
            except FencedOff as error:
                log.warning("%s", error)

    def _begin(self, claim: Claim) -> None:
        """Take a claimed run on; one whose own code cannot be sent waits, or fails."""
        writer = retried(lambda: self._store.writer(claim), self._leave)
        try:
            code = tuple(contents(claim.spec).items())
        except NotTrusted as error:
            reason = error.reason_to_wait(claim.run_id)
            retried(lambda: writer.pause(reason), self._leave)
            return
        except SpecError as error:
            reason = error.message
            retried(lambda: writer.fail(reason), self._leave)
            return
        attempt = ClusterAttempt(writer, _data_of(claim.spec), self._leave, self._each.get(_alike(claim.spec)))
        self._jobs.append(Job(attempt, self._kind_for(claim.environment), code=code))

    def _kind_for(self, environment: str) -> str:
        """The group for a run: that which it began with, if it is there, else the one with the most workers."""
        kinds = self._roster.kinds()
        before = json.loads(environment or "{}").get("arithmetic", "")
        return before if before in kinds else max(kinds, key=lambda kind: kinds[kind])

    def _tick(self) -> None:
        for job in self._jobs:
            self._held_to_claim(job.attempt, job.attempt.tick)
        over = [job for job in self._jobs if job.attempt.is_over]
        if not over:
            return
        self._jobs = [job for job in self._jobs if not job.attempt.is_over]
        self._empty_at = float("-inf")  # a run that waits at its rung may have others queued
        for key, given in [(key, given) for key, given in self._given.items() if given.job in over]:
            self._leave_alone(key, given)

    def _leave_alone(self, key: str, given: Given) -> None:
        """Forget an order of a run that is over. A worker that may compute it for ever is started anew."""
        each = self._roster.get(given.address)
        is_computed = each is not None and each.keys[:1] == [key]
        self._withdraw(key)
        if each is not None and is_computed and each.member.has_nanny and time.monotonic() - given.asked_at > STUCK_S:
            log.warning("cluster worker %s is started anew: it computes what nobody waits for", given.address)
            self._pool.restart(given.address)

    def _give(self) -> None:
        """Give an order of each run that has one to a worker of its group that has room, who waits longest first."""
        for job in sorted(self._jobs, key=lambda job: job.asked_at):
            attempt = job.attempt
            if attempt.is_over or attempt.waits_for_reply:
                continue
            each = self._roster.place(self._kind_of(job), job.last)
            if each is not None and (order := attempt.order()) is not None:
                job.last, job.asked_at = each.member.address, time.monotonic()
                missing = tuple((path, content) for path, content in job.code if content not in each.code)
                each.code.update(content for _, content in missing)
                self._submit(replace(order, code=missing), each, job=job)
            is_alone = each is None and not any(each.is_ready for each in self._roster)
            attempt.waits = self._pool.trouble or "no worker of the cluster is there" if is_alone else ""

    def _kind_of(self, job: Job) -> str:
        """The group of a run, or another one once its own has been away for too long."""
        kinds, now = self._roster.kinds(), time.monotonic()
        if job.kind in kinds or not kinds:
            job.alone_at = None
        elif job.alone_at is None:
            job.alone_at = now
        elif now - job.alone_at > SHIFT_AFTER_S:
            job.kind, job.alone_at = max(kinds, key=lambda each: kinds[each]), None
            run_id = job.attempt.claim.run_id
            log.warning("run %d goes on with workers that round otherwise: those it began with are gone", run_id)
        return job.kind

    def _submit(
        self, order: Order, each: Colleague, *, job: Job | None = None, shipment: Shipment | None = None
    ) -> None:
        key = f"lossboard-{self._token}-{next(self._numbers)}"
        self._given[key] = Given(each.member.address, time.monotonic(), job, shipment)
        each.keys.append(key)
        self._pool.submit(key, each.member.address, order.to_bytes())

    def _held_to_claim(self, attempt: ClusterAttempt, act: Callable[[], None]) -> None:
        try:
            act()
        except FencedOff as error:
            log.warning("%s", error)
            attempt.is_over = True

    def _tell(self) -> None:
        """Store what the cluster's workers do, for everybody to see."""
        if time.monotonic() - self._told_at < TELL_EVERY_S:
            return
        self._told_at = time.monotonic()
        trouble = self._pool.trouble
        if trouble and trouble != self._complaint:
            log.warning("%s", trouble)
        self._complaint = trouble
        runs: dict[str, list[int]] = {}
        for job in self._jobs:
            runs.setdefault(job.last, []).append(job.attempt.claim.run_id)
        told = self._roster.told(self._worker_id, runs)
        retried(lambda: self._store.tell_cluster(self._worker_id, told, trouble, self._lost), self._leave)


def _data_of(spec: RunSpec) -> str:
    """The fingerprint of a run's data here; '' without any, or where they are not here: then its worker has them."""
    if not spec.has_data or spec.dataset == NO_DATA:
        return ""
    try:
        return fingerprint(load(spec.dataset))
    except DataError:
        return ""


def _alike(spec: RunSpec) -> str:
    """What decides how long an iteration of a spec takes, as a key."""
    told: Mapping[str, object] = json.loads(spec.to_json())
    return json.dumps({name: value for name, value in told.items() if name not in NOT_DECIDING}, sort_keys=True)
