"""Named random generators from one seed: the only source of randomness, with exact saved state."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

ANYTHING = np.random.SeedSequence(0)
"""A seed for generators whose state is replaced at once: hashing one takes as long as the rest."""


def stream(seed: int, name: str) -> np.random.Generator:
    """The generator `name` of a run with this seed; differently named streams are independent."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(zlib.crc32(name.encode()),))
    return np.random.Generator(np.random.PCG64(sequence))


def saved(generator: np.random.Generator) -> dict[str, Any]:
    """The generator's exact state, as numbers and words that JSON can carry."""
    return dict(generator.bit_generator.state)


def restored(state: Mapping[str, Any]) -> np.random.Generator:
    """A generator that goes on where `saved` was called. Raises ValueError for another kind of state."""
    bits: Any = np.random.PCG64(ANYTHING)
    try:
        bits.state = dict(state)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not the saved state of a stream: {error}") from error
    return np.random.Generator(bits)
