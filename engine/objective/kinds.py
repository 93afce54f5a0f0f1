"""KINDS: what each objective's name stands for, and the network that gives its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.datasets import Image
from engine.objective import networks
from engine.objective.networks import Network, NetworkOptions
from engine.spec import OBJECTIVES

HIDDEN_SIZE = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """The parts of an objective: its scores, and the hinge or the softmax loss."""

    scores: Literal["linear", "two-layer", "mlp", "convnet"]
    hinge: bool = False

    @property
    def hidden(self) -> bool:
        """Whether units lie between the examples and the scores."""
        return self.scores != "linear"


KINDS = {
    "svm": Kind("linear", hinge=True),
    "softmax": Kind("linear"),
    "two-layer": Kind("two-layer"),
    "two-layer-svm": Kind("two-layer", hinge=True),
    "mlp": Kind("mlp"),
    "mlp-svm": Kind("mlp", hinge=True),
    "convnet": Kind("convnet"),
    "convnet-svm": Kind("convnet", hinge=True),
}
assert tuple(KINDS) == OBJECTIVES


def network_of(
    kind: Kind,
    features: int,
    bias: bool,
    classes: int,
    image: Image | None,
    hidden_size: int = HIDDEN_SIZE,
    options: NetworkOptions = NetworkOptions(),  # noqa: B008
) -> Network | None:
    """The score function of a kind of objective; None for linear scores. Raises ValueError where one does not fit."""
    match kind.scores:
        case "linear":
            return None
        case "two-layer":
            return networks.two_layer(features, bias, classes, hidden_size)
        case "mlp":
            return networks.mlp(features, bias, classes, options)
        case "convnet":
            return networks.convnet(image, classes, options)
