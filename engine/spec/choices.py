"""Choices: the words that fields of a run take, and which of them belong together."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spec.dataset_names import NO_DATA
from engine.spec.own_names import OWN
from engine.spec.strategy_kinds import STRATEGIES

OBJECTIVES = ("svm", "softmax", "two-layer", "two-layer-svm", "mlp", "mlp-svm", "convnet", "convnet-svm")
TEST_FUNCTIONS = ("rosenbrock", "himmelblau", "beale", "rastrigin", "ravine", "saddle")
METRICS = ("all", "loss")
UPDATES = (
    "vanilla", "momentum", "nesterov", "adagrad", "rmsprop", "adam",
    "adamw", "amsgrad", "adadelta", "lion", "muon",
)  # fmt: skip
SCHEDULES = (
    "constant", "step", "exponential", "1/t", "cosine",
    "warm-restarts", "cyclic", "one-cycle", "on-plateau",
)  # fmt: skip
AVERAGINGS = ("none", "ema", "polyak")
KEPT = ("last", "best-validation")
SAMPLINGS = ("replacement", "epochs")
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu")
POOLINGS = ("max", "average")
NORMALIZATIONS = ("none", "layer")
STARTS = ("plain", "he", "xavier")
YES_NO = ("yes", "no")

ALL = frozenset(STRATEGIES) | {OWN}
ADAMS = ("adam", "adamw", "amsgrad")
CYCLES = ("warm-restarts", "cyclic")
HINGE = frozenset({"svm", "two-layer-svm", "mlp-svm", "convnet-svm"})
TWO_LAYER = frozenset({"two-layer", "two-layer-svm"})
MLP = frozenset({"mlp", "mlp-svm"})
CONVNETS = frozenset({"convnet", "convnet-svm"})
NETWORKS = MLP | CONVNETS
OF_EXAMPLES = frozenset(OBJECTIVES)
N_DIMENSIONAL = frozenset(TEST_FUNCTIONS) - {"himmelblau", "beale"}
WITHOUT_DATA: tuple[Mapping[str, frozenset[str]], ...] = (
    {"dataset": frozenset({NO_DATA})},
    {"objective": frozenset(TEST_FUNCTIONS)},
)

BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "objective": (*OBJECTIVES, *TEST_FUNCTIONS),
    "update": UPDATES,
    "strategy": STRATEGIES,
}
"""The choices of the fields that also take names of your own."""
