"""Streams: named random generators from one seed, the only source of randomness, with exact saved states."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARBITRARY_SEED = np.random.SeedSequence(0)
"""The seed of generators whose state is replaced at once: hashing a new one takes as long as the rest."""


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator `name` of a run with this seed; streams with different names are independent."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(zlib.crc32(name.encode()),))
    return np.random.Generator(np.random.PCG64(sequence))


def drawn(seed: int, name: str, count: int, of: int) -> NDArray[np.intp] | None:
    """Return `count` of the numbers 0 to `of` - 1 in ascending order, drawn from a stream; None for all of them."""
    return None if count >= of else np.sort(stream(seed, name).choice(of, count, replace=False))


def saved(generator: np.random.Generator) -> dict[str, Any]:
    """Return the generator's exact state, which JSON can represent."""
    return dict(generator.bit_generator.state)


def restored(state: Mapping[str, Any]) -> np.random.Generator:
    """Return a generator that continues from a saved state. Raises ValueError for another kind of state."""
    bits: Any = np.random.PCG64(ARBITRARY_SEED)
    try:
        bits.state = dict(state)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not the saved state of a stream: {error}") from error
    return np.random.Generator(bits)
