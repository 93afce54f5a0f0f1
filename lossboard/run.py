"""Run: a run of somebody's own program: three lines, and what it logs stands beside the other runs.

Standard library only: nothing of the engine, the screen or NumPy enters the program that logs.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import write
from time import monotonic

from lossboard.failure import Ending, ending_of
from lossboard.link import Link
from lossboard.segments import Stream
from lossboard.steered import Steered
from lossboard.values import flat, named, number, text_of, whole, words_of
from lossboard.wire import COMMAND, MOST_METRICS, NEWS, NOTICE, WELCOME, json_frame, row_packer, row_size

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

    from lossboard.observed.capture import Capture

FINISH_S = 5.0
"""Longest wait of `finish` for what was logged to be stored; its recorder stores the rest without the program."""

WELCOME_S = 5.0
"""Longest wait for the step at which a run goes on that is taken up again."""

Shape = tuple[Callable[..., bytes], int]
"""What packs a row with these metrics, and its size in bytes."""

SPLITS = {"train": "train", "training": "train", "validation": "validation", "test": "test"} | dict.fromkeys(
    ("val", "valid", "dev", "eval"), "validation"
)
"""What programs call the splits of a data set, and what the store does."""


class Notes(dict[str, "Any"]):
    """A dictionary that tells when an entry was set; entries are attributes, too."""

    def __init__(self, values: Mapping[str, Any], changed: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(values)
        object.__setattr__(self, "_changed", changed)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(str(key), value)
        self._changed(self)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"nothing is set under {name!r}") from None

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several entries."""
        super().update(*args, **kwargs)
        self._changed(self)


class Run:
    """A run that this program logs. `log` never raises and never waits; `start` makes one."""

    def __init__(
        self, facts: dict[str, Any], store: str, *, is_silent: bool = False, captured: Capture | None = None
    ) -> None:
        self.id: str = facts["logged_id"]
        self.number: int | None = None
        """The run's number in the store; None until its recorder has told it."""
        self._facts = facts
        self._is_silent = is_silent
        self._began = facts["began"] = monotonic()
        self._next_step, self._stride = 0, 1
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._fast = self._shapes
        self._held: dict[str, Any] = {}
        self._warned: set[str] = set()
        self._steered = Steered(lambda: self._next_step, self._tell)
        self._captured = captured
        self._at_end: list[Callable[[], None]] = []
        self._is_welcome = False
        self._has_ended = False
        self.config = Notes(facts["config"], lambda values: self._tell({"config": values}))
        self.summary = Notes({}, lambda values: self._tell({"summary": values}))
        self._stream: Stream | None = None
        self._link: Link | None = None
        self._lock = threading.RLock()
        self._kept: Any = None
        self._steered.is_silent = is_silent
        if not is_silent:
            self._stream = self._kept = Stream(facts, store)
            self._lock = self._stream.lock
            self._link = Link(self._stream, store, self._hear, captured.printed if captured else None)
            if captured is not None:
                self._link.tend = captured.tend
                self.at_end(captured.release)
            if facts["resume"] != "never":
                self._link.wait_for(lambda: self._is_welcome, WELCOME_S)

    def log(
        self, data: Mapping[str, Any] | None = None, /, *, step: int | None = None, commit: bool | None = None,
        **metrics: Any,
    ) -> None:  # fmt: skip
        """Log numbers by name at a step: one after the last without `step`, else that one, in any order.

        Calls with the same step merge, and of two values of a metric at a step the later one counts. Nested mappings
        are joined with `/`. With `commit=False` the values wait for the next call. A value that is no number is told
        once per name, and the others are kept.
        """
        try:
            values = metrics if data is None else data if not metrics else {**data, **metrics}
            packed, size = self._fast[tuple(values)]
            if commit is not False:
                with self._lock:
                    at = self._next_step if step is None else step
                    frame = packed(at, monotonic() - self._began, *values.values())
                    written = write(self._kept.fd, frame)
                    if written != size:
                        self._kept.mend(frame, written)
                    if at >= self._next_step:
                        self._next_step = at + self._stride
                return
        except Exception:  # whatever was given, the careful way says what is wrong with it
            commit = commit is not False
        self._log_with_care(data, metrics, step, is_held=commit is False)

    def _log_with_care(self, data: Any, metrics: Mapping[str, Any], step: Any, *, is_held: bool) -> None:
        """Log what the fast way could not: new names, nested mappings, values of all kinds, held ones."""
        try:
            if self._is_silent or self._has_ended:
                return
            values = {**({} if data is None else data), **metrics}
            with self._lock:
                numbers = dict(self._held)
                for name, value in flat(values):
                    try:
                        numbers[named(name)] = number(value)
                    except Exception as error:
                        self._warn(name, f"{name!r} is not logged: {_why(error)}")
                at = self._next_step if step is None else whole(step)
                if is_held:
                    self._held, self._fast = numbers, {}
                    return
                self._held, self._fast = {}, self._shapes
                self._put(at, numbers)
                if at >= self._next_step:
                    self._next_step = at + self._stride
        except Exception as error:
            self._warn(f"call {type(error).__name__}", f"a call of log() is left out: {_why(error)}")

    def _put(self, at: int, numbers: dict[str, float]) -> None:
        names = tuple(numbers)[:MOST_METRICS]
        if not names or self._stream is None:
            return
        if names not in self._shapes:
            place = len(self._shapes)
            self._stream.define(place, names)
            self._shapes[names] = (row_packer(place, len(names)), row_size(len(names)))
        packed, _ = self._shapes[names]
        self._stream.put(packed(at, monotonic() - self._began, *numbers.values()))

    def steps(self, count: int) -> Iterator[int]:
        """The steps up to `count`, for a loop: what is logged inside belongs to its step. It ends when the run is
        stopped, and waits while it is paused. A run that goes on begins after its last step."""
        first = self._next_step
        try:
            for step in range(first, count):
                if self.should_stop:
                    break
                self._next_step, self._stride = step, 0
                yield step
        finally:
            with self._lock:
                self._next_step, self._stride = self._next_step + 1 - self._stride, 1

    @property
    def name(self) -> str:
        """What people call it. Raises TypeError where it is set to what is no text, as do `notes` and `tags`."""
        return str(self._facts["name"])

    @name.setter
    def name(self, name: str) -> None:
        self._call({"name": text_of("name", name)})

    @property
    def notes(self) -> str:
        """What was noted about it."""
        return str(self._facts["notes"])

    @notes.setter
    def notes(self, notes: str) -> None:
        self._call({"notes": text_of("notes", notes)})

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""
        return tuple(self._facts["tags"])

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        self._call({"tags": words_of("tags", tags)})

    @property
    def step(self) -> int:
        """The step of the next call of `log` that has none of its own."""
        return self._next_step

    @property
    def should_stop(self) -> bool:
        """Whether somebody has stopped the run; waits while it is paused. Ask often: what was told applies here."""
        waited_s = self._steered.ask()
        if waited_s:
            with self._lock:
                self._began += waited_s
                self._steered.is_waiting = False
        return bool(self._steered.stopped)

    def knob(self, name: str, default: float, *, low: float | None = None, high: float | None = None) -> float:
        """A number that the board may change while the loop runs: its value now, `default` at first."""
        return self._steered.knob(name, default, low, high)

    def mark(self, text: str, *, step: int | None = None) -> None:
        """Name a place on the curves: a step, or where the run is now. Never raises."""
        try:
            self._tell({"mark": [self._next_step if step is None else whole(step), str(text)]})
        except Exception as error:
            self._warn("mark", f"a mark is left out: {_why(error)}")

    def evaluate(self, split: str, *, loss: float, accuracy: float | None = None, step: int | None = None) -> None:
        """Loss and accuracy (0 to 1) over a whole split (train, validation or test), by which runs are ranked.

        Never raises: an evaluation with a value that is no number is told and left out.
        """
        try:
            at = self._next_step if step is None else whole(step)
            share = None if accuracy is None else number(accuracy)
            self._tell({"evaluation": [at, _split_of(split), number(loss), share]})
        except Exception as error:
            self._warn(f"evaluation {split!r}", f"an evaluation is left out: {_why(error)}")

    def finish(self, exit_code: int = 0) -> None:
        """End the run: finished, or failed with another exit code than 0. What comes later is not logged."""
        reason = "" if not exit_code else f"its program ended with exit code {exit_code}"
        self.end(Ending("failed" if exit_code else "finished", reason, exit_code))

    @property
    def recorder(self) -> int:
        """The process id of its recorder; 0 while there is none."""
        return 0 if self._link is None else self._link.recorder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(ending_of(error))

    def end(self, ending: Ending, wait_s: float = FINISH_S) -> None:
        """End the run as its program ends, and wait at most so long until what it logged is stored."""
        stream, link = self._stream, self._link
        if self._has_ended or self._is_silent or stream is None or link is None:
            self._has_ended = True
            return
        if self._steered.stopped and ending.state == "finished":
            ending = Ending("cancelled", self._steered.stopped, ending.code)
        while self._at_end:
            self._at_end.pop()()
        with self._lock:
            if self._held:
                self._put(self._next_step, self._held)
            self._has_ended, self._fast = True, {}
            self._tell({"end": {"state": ending.state, "reason": ending.reason, "code": ending.code}}, at_end=True)
            end = link.end = stream.end
        if not link.wait_for(lambda: link.stored >= end, wait_s) and not link.recorder:
            stream.save()
        link.close()
        if self._captured is not None:
            self._captured.close()
        if stream.dropped:
            self._warn("", "the disk was full for so long that some of what was logged is not kept")
        stream.close()

    def silence(self) -> None:
        """Be the run of somebody else, in a child after a fork."""
        self._is_silent, self._fast = True, {}
        self._steered.is_silent = True
        self._lock = threading.RLock()
        if self._link is not None and self._stream is not None:
            self._link.forget()
            self._stream.lock = self._lock
            self._stream.close()

    def sample(self, numbers: dict[str, float]) -> None:
        """Log numbers of something that has no steps of its own at the step that was logged last; a pause has none,
        since its time is not the run's."""
        with self._lock:
            if not (self._is_silent or self._has_ended or self._steered.is_waiting):
                self._put(max(self._next_step - self._stride, 0), numbers)

    def at_end(self, call: Callable[[], None]) -> None:
        """Have something called before the run ends; what was registered last is called first."""
        self._at_end.append(call)

    def _call(self, named: dict[str, Any]) -> None:
        self._facts.update(named)
        self._tell({"note" if what == "notes" else what: content for what, content in named.items()})

    def _tell(self, news: dict[str, Any], *, at_end: bool = False) -> None:
        if self._stream is None or self._is_silent or (self._has_ended and not at_end):
            return
        try:
            self._stream.put(json_frame(NEWS, news))
        except (ValueError, TypeError, RecursionError) as error:
            self._warn(str(list(news)), f"{', '.join(news)} cannot be kept: {_why(error)}")

    def _hear(self, kind: int, content: Any) -> None:
        """Take what the recorder tells, in the thread that listens."""
        if kind == WELCOME:
            self.number = content["run"]
            if content["next_step"] > self._next_step and not self._is_welcome:
                self._next_step = content["next_step"]
            self._is_welcome = True
        elif kind == COMMAND:
            self._steered.told.append(content)
        elif kind == NOTICE:
            self._warn(str(content), str(content))

    def _warn(self, key: str, sentence: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            print(f"lossboard: {sentence}", file=sys.stderr)


def _split_of(name: str) -> str:
    """The store's name of a split. Raises ValueError for an unknown one."""
    if name not in SPLITS:
        raise ValueError(f"split: give train, validation or test, not {name!r}"[:200])
    return SPLITS[name]


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
