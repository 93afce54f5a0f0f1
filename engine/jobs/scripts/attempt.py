"""Attempt: one attempt at one script: started, listened to, told what was asked, and ended with all its processes."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from engine.jobs.processes.groups import ATTACH, end_all, members, process_text, send
from engine.jobs.processes.launch import cores, worker_count
from engine.jobs.processes.retry import retried
from engine.jobs.scripts.ending import ending_of, stopped_reason
from engine.jobs.scripts.environment import STORE, attachment, started_with
from engine.jobs.scripts.listening import Numbers, Pipe, printed
from engine.jobs.scripts.starting import CannotStart, Started, start
from engine.spec import SpecError
from engine.store import FencedOff, RunState, ScriptClaim, ScriptNews, ScriptStanding, ScriptWriter, Store, StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

FLUSH_S = 0.1
HEARTBEAT_S = 0.5
TURN_BYTES = 64
"""Reads of a pipe in one turn: 4 MiB in a tenth of a second."""

POLL_S = 0.02
LEAVES_S = 2.0
"""Longest time that what a script leaves behind gets to end by itself."""


def run_script(store: Store, claim: ScriptClaim, leave: Callable[[], bool]) -> None:
    """Run a claimed script to its end. Raises StoreError when the store can no longer be written."""
    log.info("run %d, attempt %d: %s", claim.run_id, claim.attempt, claim.spec.text)
    try:
        writer = retried(lambda: store.script_writer(claim), leave)
        try:
            attempt = ScriptAttempt(store, claim, writer, leave)
        except (SpecError, CannotStart) as error:
            reason = str(error)
            news = ScriptNews(claim.elapsed_s)
            retried(lambda: writer.end("failed", f"cannot be started: {reason}", None, news), leave)
            return
        try:
            attempt.carry_on()
        except StoreError:
            raise
        except Exception as error:
            log.exception("run %d", claim.run_id)
            news, reason = ScriptNews(claim.elapsed_s), f"its worker could not go on: {type(error).__name__}: {error}"
            retried(lambda: writer.end("failed", reason, None, news), leave)
    except FencedOff as error:
        log.warning("%s", error)


class ScriptAttempt:
    """A script that was started. Raises SpecError or CannotStart where it cannot be."""

    def __init__(self, store: Store, claim: ScriptClaim, writer: ScriptWriter, leave: Callable[[], bool]) -> None:
        self._store, self._claim, self._writer, self._leave = store, claim, writer, leave
        self._numbers = Numbers(claim.spec.patterns)
        self._standing = ScriptStanding()
        self._asked_at: float | None = None
        self._stops: list[int] = []
        self._dropped = ""
        self._signalled_at: float | None = None
        self._is_leaving = self._was_killed = self._is_still = self._is_cleared = False
        self._applied: list[tuple[int, int | None, str]] = []
        self._handled: set[int] = set()
        threads = max(1, cores() // worker_count(store.reader()))
        environment, lacking = started_with(claim.spec, claim.environment, os.environ, claim.slot, threads)
        self._numbers.complaints += [
            f"lossboard: {name} was set where this was launched, and is not where its worker was started"
            for name in lacking
        ]
        self._began = time.monotonic()
        environment[ATTACH] = attachment(store.path, claim.run_id, claim.attempt, self._began, claim.elapsed_s)
        environment[STORE] = str(store.path)
        self._started = start(claim.spec.words, claim.spec.folder, environment)
        child = self._started.child
        assert child.stdout is not None
        assert child.stderr is not None
        self._pipes = [Pipe(child.stdout.fileno(), "out"), Pipe(child.stderr.fileno(), "err")]
        self._flushed_at, self._version = self._began, -1
        self._still_since: float | None = None
        self._still_s = 0.0

    @property
    def _elapsed_s(self) -> float:
        now = time.monotonic() if self._still_since is None else self._still_since
        return self._claim.elapsed_s + now - self._began - self._still_s

    def carry_on(self) -> None:
        """Let it begin, follow it to its end, and store that. Raises StoreError, FencedOff when the claim is lost."""
        started = self._started
        try:
            self._commit(partial(self._writer.begin, process_text(started.process)))
            started.go()
            with selectors.DefaultSelector() as selector:
                self._follow(selector)
            self._clear_away()
            self._end(started.child.wait())
        finally:
            started.close_gate()
            if not self._is_cleared:
                end_all(started.process)
            for pipe in (started.child.stdout, started.child.stderr):
                if pipe is not None:
                    pipe.close()
            started.child.wait()

    def _follow(self, selector: selectors.BaseSelector) -> None:
        """Read, store and obey until the command has ended."""
        end = _exit_descriptor(self._started)
        try:
            if end is not None:
                selector.register(end, selectors.EVENT_READ)
            while not self._has_exited():
                self._look_at(selector, [pipe for pipe in self._pipes if pipe.is_open and not self._numbers.is_full])
                self._read()
                if not self._standing.is_recorded:
                    self._numbers.read()
                self._flush_when_due()
                self._obey()
        finally:
            if end is not None:
                os.close(end)

    def _look_at(self, selector: selectors.BaseSelector, pipes: list[Pipe]) -> None:
        """Wait for output or the command's end, until the next commit is due."""
        known = {key.fd for key in selector.get_map().values()}
        wanted = {pipe.descriptor for pipe in pipes}
        for pipe in self._pipes:
            if pipe.descriptor in wanted and pipe.descriptor not in known:
                selector.register(pipe.descriptor, selectors.EVENT_READ)
            elif pipe.descriptor in known and pipe.descriptor not in wanted:
                selector.unregister(pipe.descriptor)
        wait_s = 0.0 if self._numbers.has_lines else max(self._flushed_at + FLUSH_S - time.monotonic(), 0.01)
        selector.select(wait_s)

    def _read(self, turns: int = TURN_BYTES) -> bool:
        """Read what is there; whether there was anything."""
        found = False
        for pipe in self._pipes:
            for _ in range(turns):
                if not pipe.is_open or self._numbers.is_full:
                    break
                lines = pipe.read()
                if lines is None:
                    break
                found = True
                self._take(lines)
        return found

    def _has_exited(self) -> bool:
        """Whether the command has ended; it stays a zombie, so that its number is nobody else's."""
        if not hasattr(os, "waitid"):
            return self._started.child.poll() is not None
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self._started.child.pid, flags) is not None

    def _flush_when_due(self) -> None:
        now = time.monotonic()
        if now - self._flushed_at < FLUSH_S:
            return
        version = self._store.reader().data_version()
        news = self._news()
        is_told, self._version = version != self._version, version
        if news.printed or news.measured or news.applied or is_told or now - self._flushed_at >= HEARTBEAT_S:
            self._standing = self._commit(lambda: self._writer.write(news, self._state))
            self._dropped = self._dropped or self._standing.dropped
            if self._standing.listens:
                self._hold_clock(self._standing.is_paused)
        else:
            return
        self._flushed_at = time.monotonic()

    @property
    def _state(self) -> RunState | None:
        if self._standing.listens:
            return None
        return "paused" if self._is_still else "running"

    def _news(self) -> ScriptNews:
        steps, elapsed_s = self._standing.steps, self._elapsed_s
        complaints, self._numbers.complaints = self._numbers.complaints, []
        applied, self._applied = self._applied, []
        return ScriptNews(
            elapsed_s=elapsed_s,
            printed=printed(self._pipes, steps, elapsed_s, complaints),
            measured={} if self._standing.is_recorded else self._numbers.take(),
            understood=None if self._standing.is_recorded else self._numbers.understood(),
            applied=tuple(applied),
        )

    def _commit(self, commit: Callable[[], T]) -> T:
        return retried(commit, self._leave, self._writer.note_waiting)

    def _obey(self) -> None:
        """Do what was asked, unless the program itself is told and does it; insist where it was asked to end."""
        for command in self._standing.commands:
            if command.command_id in self._handled or (self._standing.listens and command.verb != "stop"):
                continue
            self._handled.add(command.command_id)
            if command.verb == "stop":
                self._stops.append(command.command_id)
                self._ask_to_end()
            else:
                self._applied.append((command.command_id, *self._steer(command.verb)))
        if self._leave() and not self._is_leaving:
            self._is_leaving = True
            self._signal_its_end()
        grace_s, now = self._claim.spec.grace, time.monotonic()
        if self._signalled_at is not None and not self._was_killed and now - self._signalled_at >= grace_s:
            self._was_killed = True
            send(self._started.process, signal.SIGKILL)
        elif self._signalled_at is None and self._asked_at is not None and now - self._asked_at >= grace_s:
            self._signal_its_end()

    def _ask_to_end(self) -> None:
        """A program that listens is told by its recorder, and gets its grace for that; another one gets SIGTERM."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        if not self._standing.listens:
            self._signal_its_end()

    def _signal_its_end(self) -> None:
        if self._signalled_at is None:
            self._signalled_at = time.monotonic()
            send(self._started.process, signal.SIGTERM)
            self._go_on()

    def _steer(self, verb: str) -> tuple[int | None, str]:
        """Let its processes stand still or go on; (step, outcome) of that."""
        at = self._standing.steps
        if verb == "pause" and not self._is_still:
            self._is_still = True
            self._hold_clock(True)
            send(self._started.process, signal.SIGSTOP)
            return at, f"paused at step {at}; its memory stays"
        if verb == "resume" and self._is_still:
            self._go_on()
            return at, f"resumed at step {at}"
        return None, {"pause": "it was paused", "resume": "it was running"}.get(verb, "its program has no knobs")

    def _go_on(self) -> None:
        if self._is_still:
            self._is_still = False
            self._hold_clock(False)
            send(self._started.process, signal.SIGCONT)

    def _hold_clock(self, held: bool) -> None:
        """Stop the run's clock while it is paused, or let it go on."""
        if held and self._still_since is None:
            self._still_since = time.monotonic()
        elif not held and self._still_since is not None:
            self._still_s += time.monotonic() - self._still_since
            self._still_since = None

    def _clear_away(self) -> None:
        """Read what is left, and end what the command has left behind."""
        self._read_all()
        until, leader = time.monotonic() + min(LEAVES_S, self._claim.spec.grace), self._started.process
        if members(leader):
            send(leader, signal.SIGTERM)
            while members(leader) and time.monotonic() < until:
                time.sleep(POLL_S)
            self._is_cleared = end_all(leader)
            self._read_all()
        else:
            self._is_cleared = True
        for pipe in self._pipes:
            self._take(pipe.finish())

    def _read_all(self) -> None:
        while self._read():
            while self._numbers.has_lines and not self._standing.is_recorded:
                self._numbers.read()
            self._flush_when_due()

    def _take(self, lines: list[str]) -> None:
        if not self._standing.is_recorded:
            self._numbers.add(lines, self._elapsed_s)

    def _end(self, exit_code: int) -> None:
        """Store how it has ended."""
        while self._numbers.has_lines and not self._standing.is_recorded:
            self._numbers.read()
        out, err = self._pipes
        state, reason = ending_of(exit_code, err.last_line or out.last_line)
        if self._stops:
            state = "cancelled"
            reason = self._dropped or stopped_reason(
                self._standing.steps, self._elapsed_s, self._claim.spec.grace, was_killed=self._was_killed
            )
        elif self._is_leaving:
            again = self._claim.retries < self._claim.spec.retries
            state, reason = "queued" if again else "cancelled", "its worker was told to leave"
        self._applied += [(command_id, self._standing.steps, reason) for command_id in self._stops]
        news = self._news()
        self._commit(lambda: self._writer.end(state, reason, exit_code, news))
        log.info("run %d: exit code %d, %s %s", self._claim.run_id, exit_code, state, reason)


def _exit_descriptor(started: Started) -> int | None:
    """A descriptor that can be read once the command has ended; None where the system has none."""
    try:
        return os.pidfd_open(started.process.pid)
    except (AttributeError, OSError):
        return None
