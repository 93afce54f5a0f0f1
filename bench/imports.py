"""Runs of other programs: from the start of `watch` to the board, values a second of an import, costs of following."""

from __future__ import annotations

import shutil
import sqlite3
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.report import Row
from bench.terminal import CLOCK_TICK_S, Terminal
from engine.imports.decoding.crc32c import crc32c, masked
from engine.imports.detection import find
from engine.jobs.imports.importing import import_sources
from engine.jobs.imports.watching import start_watch

FILES, SCALARS = 8, 100_000
STARTS, ROUNDS = 5, 3
LIVE, RATE, FOLLOWED_S = 4, 100, 10.0
LIMIT_S, LEAST_RATE, MOST_CORES = 1.5, 300_000, 0.1
LOSSBOARD = [sys.executable, "-c", "from tui.start.cli import main; main()", "--db"]


def rows() -> Iterator[Row]:
    """The board, imports of three formats, and four files that grow."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        events = root / "events"
        for number in range(FILES):
            (events / f"run{number}").mkdir(parents=True)
        first = events / "run0" / "events.out.tfevents.1"
        first.write_bytes(event_file(SCALARS))
        for number in range(1, FILES):
            shutil.copy(first, events / f"run{number}")
        yield _board(root, events)
        yield _import(root, events, "TensorBoard", FILES * SCALARS)
        table = root / "log.csv"
        lines = (f"{step},{0.5 / (step + 1)!r},{step * 0.25!r},{step}.5,0.125\n" for step in range(SCALARS))
        table.write_text("step,loss,acc,norm,lr\n" + "".join(lines))
        yield _import(root, table, "CSV", 4 * SCALARS)
        told = root / "log.jsonl"
        lines = (
            f'"loss": {0.5 / (step + 1)!r}, "acc": {step * 0.25!r}, "norm": {step}.5, "lr": 0.125'
            for step in range(SCALARS)
        )
        told.write_text("".join(f'{{"step": {step}, {line}}}\n' for step, line in enumerate(lines)))
        yield _import(root, told, "JSON lines", 4 * SCALARS)
        yield _following(root)


def event_file(scalars: int) -> bytes:
    """An event file of one loss, as PyTorch writes it."""
    parts = [_record(b"\x09" + struct.pack("<d", 1.7e9) + b"\x1a\x0dbrain.Event:2")]
    for step in range(scalars):
        value = b"\x0a\x04loss\x15" + struct.pack("<f", 1 / (step + 1))
        summary = b"\x0a" + bytes([len(value)]) + value
        parts.append(
            _record(b"\x09" + struct.pack("<d", 1.7e9 + step / 100) + b"\x10" + _varint(step) + b"\x2a"
                    + bytes([len(summary)]) + summary)
        )  # fmt: skip
    return b"".join(parts)


def _varint(value: int) -> bytes:
    found = b""
    while value >= 0x80:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(crc32c(length))) + data + struct.pack("<I", masked(crc32c(data)))


def _board(root: Path, events: Path) -> Row:
    """From the start of the process until the screen was drawn with all that the files hold."""
    taken = []
    for number in range(STARTS):
        store = root / f"board{number}.db"
        terminal = Terminal([*LOSSBOARD, str(store), "watch", str(events)])
        try:
            while _stored(store) < FILES * SCALARS:
                time.sleep(0.01)
            there = time.perf_counter()
            while terminal.arrivals[-1][0] < there:
                time.sleep(0.005)
            taken.append(terminal.arrivals[-1][0] - terminal.started)
        finally:
            terminal.close()
    best = f"best of {STARTS} {min(taken):.2f} s, limit {LIMIT_S:g} s"
    named = f"{FILES} event files of {SCALARS:,} scalars on the board"
    return Row(named, f"{median(taken):.2f} s", best, median(taken) / LIMIT_S, 1.0, at_most=True)


def _stored(store: Path) -> int:
    if not store.exists():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as raw:
        try:
            return int(raw.execute("SELECT coalesce(sum(n), 0) FROM metrics").fetchone()[0])
        except sqlite3.OperationalError:
            return 0  # its tables are being made


def _import(root: Path, path: Path, what: str, values: int) -> Row:
    """Values a second of processor time into a new store."""
    rates = []
    for number in range(ROUNDS):
        found, began = find([path]), time.process_time()
        taken = list(import_sources(root / f"{what}{number}.db", found))
        rates.append(values / (time.process_time() - began))
        if sum(each.values for each in taken) != values:
            raise RuntimeError(f"{what}: not all values were taken in")
    best = f"CPU, best of {ROUNDS} {max(rates):,.0f}/s"
    least = median(rates) / LEAST_RATE
    return Row(f"import of {values:,} values, {what}", f"{median(rates):,.0f}/s", best, least, 1.0, at_most=False)


def _following(root: Path) -> Row:
    """Processor time of the process that follows four files of a hundred values a second each."""
    folder, store = root / "live", root / "live.db"
    folder.mkdir()
    files = [(folder / f"{number}.jsonl").open("w") for number in range(LIVE)]
    watch = start_watch(store, [folder])
    step, began, before = 0, time.perf_counter(), 0.0
    while time.perf_counter() - began < FOLLOWED_S + 2.0:
        for file in files:
            file.write(f'{{"step": {step}, "loss": {1 / (step + 1)}}}\n')
            file.flush()
        step += 1
        if not before and time.perf_counter() - began > 2.0:  # it has started
            before = _cpu_s(watch.process.pid)
        time.sleep(max(began + step / RATE - time.perf_counter(), 0.0))
    share = (_cpu_s(watch.process.pid) - before) / FOLLOWED_S
    watch.leave()
    complete = _stored(store) == LIVE * step
    named, told = f"following {LIVE} files of {RATE} values/s each", "all" if complete else "not all"
    limit = f"limit {MOST_CORES:.0%}, {told} values are there"
    return Row(named, f"{share:.1%} of a core", limit, share / MOST_CORES, 1.0, at_most=True, also=complete)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * CLOCK_TICK_S
