"""Names and numbers as programs have them."""

from __future__ import annotations

import argparse
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from lossboard.values import config_of, flat, number, whole


class Tensor:
    """As torch has them: an item, and how many elements."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def numel(self) -> int:
        return len(self.values)

    def item(self) -> float:
        (value,) = self.values
        return value


def test_nested_names_are_joined() -> None:
    nested = {"train": {"loss": 1, "acc": {"top/1": 2}}, 3: 4}
    assert dict(flat(nested)) == {"train/loss": 1, "train/acc/top/1": 2, "3": 4}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, 2.0), (True, 1.0), (np.float32(0.5), 0.5), (np.array(3), 3.0), (np.array([[4.0]]), 4.0), (Tensor(5.0), 5.0),
     (Decimal("0.25"), 0.25), (10**400, math.inf), (-(10**400), -math.inf), (math.inf, math.inf)],
)  # fmt: skip
def test_a_scalar_of_any_library_is_a_number(value: Any, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", ["0.5", b"1", None, np.ones(2), Tensor(1.0, 2.0), 1j, [1.0], object()])
def test_what_is_no_number_is_told(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        number(value)


def test_a_step_is_whole() -> None:
    assert [whole(step) for step in (3, np.int64(4), 5.0, np.float32(6.0), Tensor(7.0), -1)] == [3, 4, 5, 6, 7, -1]
    for step in (0.5, math.nan, math.inf, 2**63, "1", True):
        with pytest.raises((TypeError, ValueError)):
            whole(step)


def test_a_configuration_is_a_mapping_or_has_attributes() -> None:
    assert config_of(None) == {}
    assert config_of({"lr": 1, 2: 3}) == {"lr": 1, "2": 3}
    assert config_of(argparse.Namespace(lr=1, _hidden=2)) == {"lr": 1}
    with pytest.raises(TypeError, match="config: give a dictionary"):
        config_of(3)
