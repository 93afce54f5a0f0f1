"""The weights of a run by layer, beside the update that its next iteration makes, and what its hidden units give on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike

from engine.analysis.layer_weights import LayerWeights, layer_weights
from engine.analysis.unit_outputs import UnitOutputs, unit_outputs
from engine.jobs.inspection.step import RunStep, Wanted, current_weights, run_step
from engine.jobs.inspection.weights import Follower
from engine.spec.choices import OF_EXAMPLES
from engine.strategy import optimize


@dataclass(frozen=True, slots=True, eq=False)
class RunLayers:
    """The `layers` of a run from its examples to the scores, and the `outputs` of its hidden units.

    `step` is the iteration whose update it is. Its weights are those before it.
    """

    step: RunStep
    layers: tuple[LayerWeights, ...]
    outputs: tuple[UnitOutputs, ...]


def run_layers(
    path: str | PathLike[str], wanted: Wanted, run_id: int, iteration: int, live: Follower | None = None
) -> Iterator[RunLayers]:
    """Yield the layers at the newest checkpoint before an iteration, then at that iteration: see `run_step`."""
    for step in run_step(path, wanted, run_id, iteration, live=live):
        optimization = optimize.build(step.spec)
        objective, weights = optimization.objective, current_weights(step.before)
        update = current_weights(step.after) - weights
        is_of_examples = step.spec.objective in OF_EXAMPLES
        yield RunLayers(
            step,
            layer_weights(
                objective.layout if is_of_examples else None,
                objective.network if is_of_examples else None,
                optimization.dataset.image,
                weights,
                update,
            ),
            unit_outputs(objective, weights) if is_of_examples else (),
        )
