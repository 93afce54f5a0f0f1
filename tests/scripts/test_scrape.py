"""Scraping: lines as programs print them, and what is read of them; any text is read in linear time."""

from __future__ import annotations

import math
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scrape import LONGEST_LINE, Lines, Printout, Scraper, parse_pattern, plain
from engine.spec import SpecError

Read = list[tuple[int, dict[str, float]]]


def read(*lines: str, patterns: tuple[str, ...] = ()) -> Read:
    """(step, values) of each reading of some lines."""
    scraper = Scraper([parse_pattern(pattern) for pattern in patterns])
    return [(each.step, dict(each.values)) for line in lines for each in scraper.read(plain(line))]


PRINTED: dict[str, tuple[tuple[str, ...], Read]] = {
    "equals": (("loss=0.5", "loss=0.25"), [(0, {"loss": 0.5}), (1, {"loss": 0.25})]),
    "colon": (("Loss: 1e-3",), [(0, {"loss": 1e-3})]),
    "is": (("iter 12 loss is 0.3", "iter 13 loss is 0.2"), [(12, {"loss": 0.3}), (13, {"loss": 0.2})]),
    "the notes' search": (
        ("in attempt 7 the loss was 9.401632, best 8.959668",),
        [(7, {"loss": 9.401632, "best": 8.959668})],
    ),
    "Python 2 print": (("in attempt 0 the loss was 9.4, best 9.4",), [(0, {"loss": 9.4, "best": 9.4})]),
    "tensor": (("step 3 loss tensor(0.3012, grad_fn=<X>)",), [(3, {"loss": 0.3012})]),
    "not a number": (("step 4: loss=nan", "step 5: loss=-inf"), [(4, {"loss": math.nan}), (5, {"loss": -math.inf})]),
    "thousands": (("step 1,000 | loss 0.3 | tok/s 12,345",), [(1000, {"loss": 0.3, "tok/s": 12345.0})]),
    "split in front": (("Epoch 2 train loss: 0.5, val acc: 91.2%",), [(2, {"train/loss": 0.5, "val/acc": 91.2})]),
    "header above": (("Epoch 3/10", "  val loss = 0.25"), [(3, {"val/loss": 0.25})]),
    "brackets": (("[100/1000] Loss: 0.5",), [(100, {"loss": 0.5})]),
    "share": (("Test: Accuracy: 97/100 (97%)",), [(0, {"accuracy": 0.97})]),
    "JSON": (
        ('{"step": 3, "train": {"loss": 0.5}, "done": true, "at": "12:00"}',),
        [(3, {"train/loss": 0.5})],
    ),
    "dictionary": (("{'loss': 0.5, 'epoch': 0.13}",), [(0, {"loss": 0.5, "epoch": 0.13})]),
    "progress bar": (
        (" 45%|####5     | 45/100 [00:01<00:01, 40.1it/s, loss=0.5]",),
        [(45, {"loss": 0.5})],
    ),
    "bars of epochs": (
        ("Epoch 1:  50%|#   | 1/2 [0:0<0:1, 4it/s, loss=3]", "Epoch 2:  50%|#   | 1/2 [0:0<0:1, 4it/s, loss=1]"),
        [(1, {"loss": 3.0}), (3, {"loss": 1.0})],
    ),
    "table": (
        ("epoch  train_loss  acc", "-----", "0  0.5  0.1", "1  0.25  0.2", "done"),
        [(0, {"train_loss": 0.5, "acc": 0.1}), (1, {"train_loss": 0.25, "acc": 0.2})],
    ),
    "CSV": (("step,loss", "0,0.5", "10,nan"), [(0, {"loss": 0.5}), (10, {"loss": math.nan})]),
    "colours": (("\x1b[32mstep 1\x1b[0m loss \x1b[1m0.5\x1b[0m",), [(1, {"loss": 0.5})]),
    "log": (("2026-01-01 12:00:01,123 INFO step 3 loss 0.5 time 3.2",), [(3, {"loss": 0.5, "time": 3.2})]),
    "a loop run twice": (
        ("iter 0 loss 4", "iter 1 loss 3", "iter 0 loss 2", "iter 1 loss 1"),
        [(0, {"loss": 4.0}), (1, {"loss": 3.0}), (2, {"loss": 2.0}), (3, {"loss": 1.0})],
    ),
    "a name seen twice": (("tau: 3", "tau: 4"), [(0, {"tau": 3.0}), (1, {"tau": 4.0})]),
    "settings at the start": (("Namespace(depth=3, seed=1)", "Loaded 50000 images", "port: 8080"), []),
    "no metric": (
        ("Using 4 workers", "version 1.2.3", 'File "x.py", line 12, in f', "it took 3.2s", "eta: 0:12:33"),
        [],
    ),
}


def _same(one: Read, other: Read) -> bool:
    return repr(one) == repr(other)


@pytest.mark.parametrize("how", PRINTED)
def test_numbers_are_read_as_people_read_them(how: str) -> None:
    lines, expected = PRINTED[how]
    found = read(*lines)
    assert _same(found, expected), found


def test_a_pattern_of_ones_own_comes_first_and_names_its_metrics() -> None:
    assert read("<7> E=0.5 loss=9", patterns=(r"<(?P<step>\d+)> E=(?P<energy>\S+)",)) == [(7, {"energy": 0.5})]
    with pytest.raises(SpecError, match="names no metric"):
        parse_pattern("loss (.*)")
    with pytest.raises(SpecError, match="no regular expression"):
        parse_pattern("(?P<loss>")


def test_what_was_understood_is_told_with_a_line() -> None:
    scraper = Scraper()
    for line in ("iter 1 loss 0.5", "iter 2 loss 0.4 lr 0.1"):
        scraper.read(line)
    [how] = scraper.understood
    assert (how.how, how.metrics, how.step, how.example) == (
        "name and number", ("loss", "lr"), "iter", "iter 1 loss 0.5",
    )  # fmt: skip


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_gives_numbers_under_names_and_never_an_error(lines: list[str]) -> None:
    for step, values in read(*lines):
        assert isinstance(step, int)
        assert values
        assert all(name and isinstance(value, float) for name, value in values.items())


@given(st.dictionaries(st.sampled_from(["loss", "acc", "reward"]), st.floats(), min_size=1), st.integers(0, 10**9))
def test_what_is_printed_with_its_step_is_read_bit_for_bit(values: dict[str, float], step: int) -> None:
    printed = f"step {step} " + " ".join(f"{name}={value!r}" for name, value in values.items())
    assert _same(read(printed), [(step, values)])


HOSTILE = (
    "a" * LONGEST_LINE,
    "a " * 2048,
    "a=" * 2048,
    "1," * 2048,
    "1/" * 2048,
    "{" * 4096,
    "[" * 4096,
    "loss " * 800,
)


@pytest.mark.parametrize("line", HOSTILE, ids=[line[:5] for line in HOSTILE])
def test_no_line_takes_long(line: str) -> None:
    began = time.process_time()
    read(line, line + "!")
    assert time.process_time() - began < 0.2


@given(st.text(alphabet="ab\r\n é", max_size=40), st.integers(1, 7))
def test_lines_and_what_is_kept_do_not_depend_on_where_a_pipe_cuts(text: str, size: int) -> None:
    data = text.encode()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    lines, printout = Lines(), Printout()
    texts = [printout.decode(piece) for piece in pieces]
    found = [line for piece in texts for line in lines.feed(piece)] + lines.finish()
    kept = "".join(printout.feed(piece) for piece in texts) + printout.finish()
    assert [line for line in found if line] == [line for line in re.split("[\r\n]", text) if line]
    assert kept == "\n".join(line.strip("\r").rpartition("\r")[2] for line in text.split("\n"))
