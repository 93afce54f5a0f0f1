"""State and streams: saved and brought back bit for bit; anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.jobs.people.kept_weights import state_of
from engine.spec import defaults
from engine.store import Refused
from engine.strategy import streams
from engine.strategy.optimize import build
from engine.trace.state import State, state_from_bytes, state_to_bytes


def test_a_state_comes_back_bit_for_bit() -> None:
    generator = streams.stream(3, "draws")
    generator.standard_normal(5, dtype=np.float32)
    state = State(
        iteration=12,
        weights=generator.standard_normal(7, dtype=np.float32),
        step_size=0.1,
        best_loss=float("inf"),
        first_loss=float("nan"),
        buffers={"velocity": np.arange(7.0)},
        streams={"draws": streams.saved(generator)},
        stop_reason="",
    )
    back = state_from_bytes(state_to_bytes(state))
    assert (back.iteration, back.step_size, back.best_loss) == (12, 0.1, float("inf"))
    assert np.isnan(back.first_loss)
    np.testing.assert_array_equal(back.weights, state.weights)
    np.testing.assert_array_equal(back.buffers["velocity"], state.buffers["velocity"])
    np.testing.assert_array_equal(
        streams.restored(back.streams["draws"]).standard_normal(100, dtype=np.float32),
        generator.standard_normal(100, dtype=np.float32),
    )


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * 100])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        state_from_bytes(data)


def test_a_checkpoint_of_another_run_is_refused_in_words_for_people() -> None:
    optimization = build(defaults())
    start = optimization.start()
    assert state_of(state_to_bytes(start), 3, 0, optimization).weights.shape == (650,)
    for data, told in (
        (b"x" * 100, "What run 3 kept after 0 iterations is damaged: it cannot be read."),
        (changed(start, weights=start.weights[:7]), "Run 3 has kept 7 weights: they do not fit its spec."),
        (
            changed(start, weights=start.weights.astype(complex)),
            "Run 3 has kept 650 weights: they do not fit its spec.",
        ),
        (changed(start, iteration=9), "What run 3 kept after 0 iterations says that it is of iteration 9."),
    ):
        with pytest.raises(Refused) as refused:
            state_of(data, 3, 0, optimization)
        assert str(refused.value) == told


def changed(state: State, **parts: Any) -> bytes:
    return state_to_bytes(replace(state, **parts))


def test_streams_of_one_seed_differ_by_name_and_repeat() -> None:
    first, again, other = (streams.stream(1, name).random(4) for name in ("a", "a", "b"))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_stream_is_not_restored_from_something_else() -> None:
    with pytest.raises(ValueError, match="saved state"):
        streams.restored({"bit_generator": "MT19937"})
