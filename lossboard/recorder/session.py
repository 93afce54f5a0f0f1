"""Session: a recorder's talk with one program: takes its segments, records them, judges whether it is gone."""

from __future__ import annotations

import logging
import os
import select
import socket
import sys
import time
from pathlib import Path
from types import FrameType

from engine.files.paths import state_folder
from engine.store import FencedOff, StoreError
from lossboard.recorder.recording import FLUSH_S, PATIENCE_S, RETRY_S, Recording
from lossboard.recorder.spilled import fold, save
from lossboard.wire import OF_STREAM

STREAMS = {said: name for name, said in OF_STREAM.items()}

FIRST_S = 1.0

HANG_UP_S = 0.5
"""Longest time from the end of the socket until the program's process is gone, if it is: its files close before."""


def folded(store: Path) -> int:
    """Store what lies in files beside a store and print what was done; returns the exit code."""
    try:
        for sentence in fold(store):
            print(sentence)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class Session:
    """The recorder's talk with one program, whose process is `parent`."""

    def __init__(self, there: socket.socket, store: Path, parent: int, log_path: str) -> None:
        self._there = there
        self._store = store
        self._parent = parent
        self._log_path = log_path
        self._descriptors: list[int] = []
        self._printed: dict[str, int] = {}
        self._has_hung_up = False
        self._is_leaving = False
        there.setblocking(False)

    def leave(self, _number: int, _frame: FrameType | None) -> None:
        """Handler of a signal: store what is there, and leave; the program starts another recorder."""
        self._is_leaving = True

    def serve(self) -> int:
        """Record until the run has ended, the program is gone or another recorder goes on; returns the exit code."""
        while not self._descriptors:
            self._hear(FIRST_S, enough=1)
            if self._has_hung_up and not self._descriptors:
                return 0
        recording = Recording(self._store, self._descriptors, self._tell, self._log_path, printed=self._printed)
        try:
            return self._record(recording)
        except FencedOff as error:
            logging.warning("%s", error)
            return 0
        finally:
            recording.close()

    def _record(self, recording: Recording) -> int:
        patience_until, has_folded = None, False
        while not self._is_leaving:
            began = time.monotonic()
            is_last = self._has_hung_up
            took = recording.turn()
            if recording.has_ended:
                if not has_folded:
                    self._fold_others()
                return 0
            if took and is_last and recording.has_all:
                if self._program_is_gone():
                    recording.give_up()
                return 0
            if took and not has_folded:
                self._fold_others()
                has_folded = True
            if not took and self._has_hung_up:
                patience_until = patience_until or began + PATIENCE_S
                if began > patience_until:
                    return self._save(recording)
            if not took or not recording.has_more:
                self._hear(max((FLUSH_S if took else RETRY_S) - (time.monotonic() - began), 0))
        recording.turn()
        return 0

    def _hear(self, seconds: float, enough: int = 1 << 30) -> None:
        """Take the segments that the program hands over, for so long or until there are enough."""
        end = time.monotonic() + seconds
        if self._has_hung_up:
            time.sleep(seconds)
            return
        poll = select.poll()
        poll.register(self._there, select.POLLIN)
        while True:
            left_s = max(end - time.monotonic(), 0)
            if not poll.poll(left_s * 1000):
                return
            try:
                said, descriptors, _, _ = socket.recv_fds(self._there, 1, 16)
            except BlockingIOError:
                continue
            except OSError:
                said, descriptors = b"", []
            if said in STREAMS:
                self._printed[STREAMS[said]] = descriptors[0]
            else:
                self._descriptors += descriptors
            if not said:
                self._has_hung_up = True
                return
            if len(self._descriptors) >= enough:
                return

    def _tell(self, frame: bytes) -> None:
        """Send a frame; a program that does not read, or is gone, needs no news."""
        try:
            self._there.sendall(frame)
        except OSError as error:
            logging.debug("not told: %s", error)

    def _program_is_gone(self) -> bool:
        end = time.monotonic() + HANG_UP_S
        while os.getppid() == self._parent:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def _fold_others(self) -> None:
        try:
            for sentence in fold(self._store):
                logging.info("%s", sentence)
        except (StoreError, OSError) as error:
            logging.warning("what lies beside the store stays there: %s", error)

    def _save(self, recording: Recording) -> int:
        """Keep what cannot be stored in files beside the store, or in the state folder; returns the exit code."""
        for place in (self._store, state_folder() / self._store.name):
            try:
                saved = save(recording.unstored(), place, recording.stream)
                logging.error("the store cannot be written; kept in %s", ", ".join(map(str, saved)))
                return 1
            except OSError as error:
                logging.error("nothing can be kept at %s: %s", place, error)
        return 1
