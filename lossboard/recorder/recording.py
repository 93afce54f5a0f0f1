"""Recording: one program's stream into the store: claims its run, commits ten times a second, brings commands back."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.jobs.processes.liveness import this_process
from engine.store import (
    LOST,
    FencedOff,
    LoggedFacts,
    LoggedWriter,
    Store,
    StoreError,
    open_for_writing,
)
from lossboard.recorder.decoding import Decoder, Gathered, json_text
from lossboard.recorder.output import Output
from lossboard.wire import (
    COMMAND,
    HEAD,
    HELLO,
    NOTICE,
    WELCOME,
    Damaged,
    content_of,
    head_at,
    json_frame,
    position_frame,
)

log = logging.getLogger(__name__)

FLUSH_S = 0.1
"""Seconds between commits."""

HEARTBEAT_S = 0.5
RETRY_S = 1.0
PATIENCE_S = 30.0
"""Seconds for which a recorder waits for a store that cannot be written once its program is gone."""

READ_BYTES = 1 << 17
"""Most bytes of a stream in one commit: what a recorder has in memory, and how long it holds the store's lock."""

HEAD_ROOM = READ_BYTES // 2
"""Where less of READ_BYTES is left, more is there already, and the next commit does not wait."""

HELLO_BYTES = 1 << 16

CACHE_KB = 500
"""What SQLite keeps of the store in memory: rows are appended, so more is not read again."""


@dataclass
class Reading:
    """A segment that is being read: `place` is how far."""

    fd: int
    decoder: Decoder
    place: int = 0
    path: str = ""


class Recording:
    """What a recorder does for one stream; `descriptors` are its segments, oldest first, and may grow."""

    def __init__(
        self,
        store: Path,
        descriptors: list[int],
        tell: Callable[[bytes], None],
        log_path: str = "",
        *,
        waits: bool = True,
        printed: dict[str, int] | None = None,
    ) -> None:
        self.path = store
        self.has_more = False
        """Whether the last turn left something unread."""
        self.number = 0
        """The run's number in the store, once it has one."""
        self._waits = waits
        self.has_ended = False
        """Whether the run's end is stored."""
        self._descriptors = descriptors
        self._tell = tell
        self._log_path = log_path
        self._facts = hello_of(descriptors[0])
        self._readings: list[Reading] = []
        self._store: Store | None = None
        self._writer: LoggedWriter | None = None
        self._worker_id, self._base_s = 0, 0.0
        self._received, self._elapsed_s = 0, 0.0
        self._pending = Gathered()
        self._output = Output({} if printed is None else printed)
        self._told: set[int] = set()
        self._complaint = ""
        self._was_idle = False
        self._written_at, self._version = -HEARTBEAT_S, -1

    @property
    def stream(self) -> str:
        """The name of the stream."""
        return str(self._facts["stream"])

    @property
    def has_all(self) -> bool:
        """Whether the last turn found nothing more of what the program wrote, and all is stored. A frame that was being
        written when the program was killed is none."""
        return self._writer is not None and self._was_idle and not self._descriptors and not self._is_new

    @property
    def _is_new(self) -> bool:
        return self._pending.received > self._received

    def turn(self) -> bool:
        """Store what is new, and a heartbeat when due; whether the store took it.

        Raises FencedOff, Damaged, and unless it waits for the store any StoreError.
        """
        try:
            writer = self._writer or self._begin()
            self._gather()
            now = time.monotonic()
            if self._is_new or self._output.has_more or self._is_due(now) or self._has_commands():
                self._commit(writer)
                self._written_at = now
            return True
        except FencedOff:
            raise
        except StoreError as error:
            if not self._waits:
                raise
            self._complain(error)
            return False

    def give_up(self) -> None:
        """End the run of a program that is gone without a word. Raises StoreError."""
        self._output.settle()
        if self._pending.end is None:
            self._pending.end = ("failed", LOST)
        self._commit(self._writer or self._begin())

    def close(self) -> None:
        """Leave the store, and close the segments; once the run's end is stored, files of them are removed."""
        for path in (each.path for each in self._readings if each.path and self.has_ended):
            Path(path).unlink(missing_ok=True)
        self._output.close()
        for descriptor in [*self._descriptors, *(each.fd for each in self._readings)]:
            os.close(descriptor)
        self._descriptors.clear()
        self._readings.clear()
        if self._store is not None:
            try:
                self._store.leave(self._worker_id)
                self._store.fold_journal()
                self._store.close()
            except StoreError as error:
                log.error("could not say goodbye: %s", error)
            self._store = self._writer = None

    def unstored(self) -> list[int]:
        """The segments of which something is not stored."""
        self._open_segments()
        return [each.fd for each in self._readings]

    def _begin(self) -> LoggedWriter:
        """Open the store and claim the run."""
        facts = self._facts
        if not self.path.exists():
            _make_elsewhere(self.path)
        store = open_for_writing(self.path)
        try:
            store.limit_cache(CACHE_KB)
            worker_id = store.register_worker(this_process(), self._log_path, is_recorder=True)
            claim = store.logged.begin(
                worker_id,
                LoggedFacts(
                    stream=facts["stream"],
                    logged_id=facts["logged_id"],
                    name=facts["name"],
                    resume=facts["resume"],
                    project=facts["project"],
                    group=facts["group"],
                    config=json_text(facts["config"]),
                    tags=tuple(facts["tags"]),
                    note=facts["notes"],
                    environment=json_text({"python": facts["python"], "program": facts["program"]}),
                    attach=_attached(facts.get("attach")),
                    elapsed_s=float(facts.get("elapsed_s") or 0.0),
                ),
            )
            writer = store.logged_writer(claim)
        except BaseException:
            store.close()
            raise
        self._store, self._writer, self._worker_id = store, writer, worker_id
        self.number = claim.run_id
        if not self._readings:
            self._received, self._base_s = claim.received, claim.elapsed_s
            self._pending = Gathered(received=claim.received)
        log.info("run %d of %s, attempt %d", claim.run_id, self.path, claim.attempt)
        self._tell(json_frame(WELCOME, {"run": claim.run_id, "next_step": claim.next_step}))
        if claim.notice:
            self._tell(json_frame(NOTICE, claim.notice))
        return writer

    def _open_segments(self) -> None:
        if self._writer is None:
            return
        while self._descriptors:
            descriptor = self._descriptors.pop(0)
            hello = hello_of(descriptor)
            self._readings.append(
                Reading(descriptor, Decoder(int(hello["start"]), self._received), path=str(hello["path"]))
            )

    def _gather(self) -> None:
        """Decode what is new, at most READ_BYTES; what waits since an earlier turn is stored first."""
        self._open_segments()
        if self._is_new:
            return
        left, self.has_more = READ_BYTES, False
        for reading in self._readings:
            while left > 0 and self._pending.end is None:
                piece = _whole_frames(reading, left)
                taken = reading.decoder.feed(piece, self._pending) if piece else 0
                reading.place += taken
                left -= taken
                if not taken:
                    break
            size = os.fstat(reading.fd).st_size
            if left > 0 and reading is not self._readings[-1] and reading.place < size:
                log.warning("%d bytes at the end of a segment are no frame", size - reading.place)
                reading.place = size
        self.has_more = left < HEAD_ROOM
        self._was_idle = left == READ_BYTES

    def _commit(self, writer: LoggedWriter) -> None:
        pending = self._pending
        if not pending.output:
            elapsed_s = self._base_s + max(time.monotonic() - self._facts.get("began", math.inf), pending.elapsed_s)
            pending.output = self._output.take(writer.next_step, elapsed_s)
        batch, news = pending.measured(self._base_s), pending.news(self._base_s)
        if pending.end is None:
            commands = writer.write(batch, news)
        else:
            writer.end(pending.end[0], pending.end[1], batch, news)
            commands, self.has_ended = [], True
        self._complaint = ""
        self._output.stored()
        self._pending = Gathered(received=pending.received, elapsed_s=pending.elapsed_s)
        if pending.received > self._received:
            self._received = pending.received
            self._tell(position_frame(pending.received))
            self._let_go()
        for command in commands:
            if command.command_id not in self._told:
                self._told.add(command.command_id)
                told = {"id": command.command_id, "verb": command.verb, "argument": command.argument}
                self._tell(json_frame(COMMAND, told))

    def _let_go(self) -> None:
        """Close the segments before the last that are stored; a file of them is removed."""
        while len(self._readings) > 1 and self._readings[0].place == os.fstat(self._readings[0].fd).st_size:
            done = self._readings.pop(0)
            os.close(done.fd)
            if done.path:
                Path(done.path).unlink(missing_ok=True)

    def _is_due(self, now: float) -> bool:
        return now - self._written_at >= HEARTBEAT_S

    def _has_commands(self) -> bool:
        if self._store is None:
            return False
        version = self._store.reader().data_version()
        before, self._version = self._version, version
        return version != before

    def _complain(self, error: StoreError) -> None:
        """Tell the program's user once why nothing is stored, and begin anew with the store's file at the next turn."""
        if str(error) != self._complaint:
            self._complaint = str(error)
            log.warning("waiting: %s", error)
            self._tell(json_frame(NOTICE, f"what is logged waits in memory: {error}"))
        if self._store is not None:
            self._store.close()
        self._store = self._writer = None


def _make_elsewhere(path: Path) -> None:
    """Make a store in a process of its own: what that needs once would stay in this one's memory."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        open_for_writing(path).close()
    finally:
        os._exit(0)  # where it cannot be made, whoever opens it says why


def _attached(told: Any) -> tuple[int, int] | None:
    """(run, attempt) of the script that a program says it was started as."""
    is_pair = isinstance(told, list) and len(told) == 2 and all(isinstance(each, int) for each in told)
    return (told[0], told[1]) if is_pair else None


def _whole_frames(reading: Reading, most: int) -> bytes:
    """What comes next in a segment, at most so many bytes, but at least one frame where all of it is there."""
    piece = os.pread(reading.fd, max(most, HEAD.size), reading.place)
    if len(piece) >= HEAD.size and head_at(piece, 0) is None:
        length, _ = HEAD.unpack_from(piece)
        return os.pread(reading.fd, length + HEAD.size - 1, reading.place)
    return piece


def hello_of(descriptor: int) -> dict[str, Any]:
    """What a segment says of its stream. Raises Damaged."""
    buffer = os.pread(descriptor, HELLO_BYTES, 0)
    head = head_at(buffer, 0)
    if head is None:
        buffer = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        head = head_at(buffer, 0)
    if head is None or head[1] != HELLO:
        raise Damaged("a segment that does not say whose it is")
    found = content_of(buffer[HEAD.size : head[0]])
    if not isinstance(found, dict) or not isinstance(found.get("stream"), str):
        raise Damaged("a segment that does not say whose it is")
    return found
