"""`lossboard weights RUN --out FILE`: write the weights that a run has kept as a .npz."""

from __future__ import annotations

import click

from engine.commands.numerics.loss_point import numerics_errors
from engine.commands.options import answer, json_option
from engine.text import clean, counted


@click.command("weights")
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--out", metavar="FILE", required=True, help="The .npz to write; a file that is there is left as it is.")
@click.option(
    "--at",
    metavar="ITERATION",
    type=click.IntRange(min=0),
    help="Its weights kept at or before this iteration; by default the newest.",
)
@json_option
@click.pass_obj
def command(db: str, run_id: int, out: str, at: int | None, json: bool) -> None:
    """Write the weights of RUN: all in one vector `weights`, and matrix by matrix as `W`, or `W1`, `W2`, ...

    Where the run averages its weights or keeps those of its best evaluation, these are meant. `iteration` says after
    how many iterations, `spec` of which run, as JSON. `--weights FILE` of landscape, probe and gradient-check reads it.
    """
    import numpy as np

    from engine.jobs.people.kept_weights import kept_weights
    from engine.strategy import optimize

    with numerics_errors():
        kept = kept_weights(db, run_id, at)
        layout = optimize.exact_objective(kept.spec).layout
        weights = kept.result
        matrices = layout.views(weights)
        names = ["W"] if len(matrices) == 1 else [f"W{number}" for number in range(1, len(matrices) + 1)]
    arrays = {"weights": weights, **dict(zip(names, matrices, strict=True))}
    try:
        with open(out, "xb") as file:
            np.savez(file, iteration=kept.iteration, spec=kept.spec.to_json(), **arrays)  # type: ignore[arg-type]
    except FileExistsError:
        raise click.ClickException(
            f"{clean(out)} is there already and was left as it is; choose another name"
        ) from None
    except OSError as error:
        raise click.ClickException(f"{clean(out)} could not be written: {error.strerror}") from error
    shapes = ", ".join(f"{name} {matrix.shape}" for name, matrix in zip(names, matrices, strict=True))
    sentence = f"{clean(out)}: {counted(layout.size, 'weight')} after {counted(kept.iteration, 'iteration')}; {shapes}"
    answer(json, sentence, run_id=run_id, iteration=kept.iteration, file=out, weights=layout.size)
