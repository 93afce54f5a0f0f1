"""`lossboard gradient-check`: compare an objective's analytic gradient with the numerical one."""

from __future__ import annotations

from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from engine.commands.numerics.loss_point import (
    LossPoint,
    loss_point_options,
    numerics_errors,
    of_run_options,
    point_of,
)
from engine.commands.options import as_json, json_option, table
from engine.commands.typed.help import GroupedCommand
from engine.text import setting_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.gradient import Differences, GradientCheck

COORDINATES = 1000
H, H_FOR_PIXELS = 1e-5, 1e-6
"""Step h of the differences, as `usual_h` of `engine.analysis.gradient` has it: a help page loads no NumPy."""


@click.command("gradient-check", cls=GroupedCommand)
@click.option(
    "--h",
    "h",
    metavar="NUMBER",
    type=float,
    help="Half the distance of the centred differences; "
    f"by default {setting_text(H)}, or {setting_text(H_FOR_PIXELS)} for pixels.",
)
@click.option(
    "--one-sided",
    is_flag=True,
    help="Take (f(W + h) - f(W)) / h, the definition of the derivative, instead of (f(W + h) - f(W - h)) / 2h.",
)
@click.option(
    "--tolerance", metavar="NUMBER", type=float, help="The relative error that still passes; by default 1e-6."
)
@click.option(
    "--coordinates",
    metavar="N",
    default=str(COORDINATES),
    show_default=True,
    help="How many weights to check: a number, drawn from the seed, or all. Centred and of linear scores: always all.",
)
@loss_point_options(examples="1000")
@of_run_options
@json_option
@click.pass_obj
def command(
    db: str, /, json: bool, h: float | None, one_sided: bool, tolerance: float | None, coordinates: str, **where: Any
) -> None:
    """Check the analytic gradient against differences of losses, tell kinks from mistakes, and show what both cost.

    At the weights of RUN, which its checkpoints keep, or at those of the run that the options describe. Exits with 1
    when the gradient is wrong, or h is so large or so small that it cannot tell.
    """
    with numerics_errors():
        point = point_of(db, **where)
        chosen = _chosen(point, coordinates, one_sided)
        cost = Cost(1 if one_sided else 2)
        result, margins = _check(point, h, tolerance, chosen, one_sided, cost)
    layout = point.objective.layout
    if json:
        worst = [{**asdict(entry), "weight": layout.named(entry.index)} for entry in result.worst]
        answer = {**point.as_dict(), **asdict(result), "worst": worst, "margins_within_h": margins}
        answer |= {"one_sided": one_sided, **cost.as_dict()}
        click.echo(as_json({**answer, "passed": result.passed}))
    else:
        click.echo(point.sentence(), err=True)
        for label, value in described(result, margins, cost):
            click.echo(f"{label:>22}  {value}")
        header = ["weight", "analytic", "numerical", "relative error", ""]
        rows = [
            [layout.named(e.index), f"{e.analytic:.8g}", f"{e.numerical:.8g}", f"{e.relative_error:.1e}", e.reason]
            for e in result.worst
        ]
        click.echo("\n" + table(header, rows, right=frozenset({1, 2, 3})))
        if result.advice:
            click.echo(result.advice, err=True)
    if not result.passed:
        raise SystemExit(1)


class Cost:
    """What the numerical and the analytic gradient cost: losses computed, and seconds."""

    def __init__(self, losses_per_weight: int) -> None:
        self.losses_per_weight = losses_per_weight
        self.losses, self.numerical_s, self.analytic_s = 0, 0.0, 0.0
        self.is_fast = False

    def of_differences(self, differences: Differences) -> Differences:
        """The same differences; their first call, which is the numerical gradient, is timed and its losses counted."""

        def timed(h: float, coordinates: NDArray[np.intp]) -> NDArray[np.float64]:
            started = perf_counter()
            found = differences(h, coordinates)
            if not self.losses:
                self.numerical_s = perf_counter() - started
                self.losses = self.losses_per_weight * len(coordinates) + (self.losses_per_weight == 1)
            return found

        return timed

    def of_analytic(self, point: LossPoint) -> None:
        """Time an analytic gradient at the point."""
        started = perf_counter()
        point.objective.loss_and_gradient(point.weights, point.rows)
        self.analytic_s = perf_counter() - started

    def as_dict(self) -> dict[str, Any]:
        """The cost for a JSON object."""
        return {"losses": self.losses, "numerical_s": self.numerical_s, "analytic_s": self.analytic_s}


def described(result: GradientCheck, margins: int | None, cost: Cost) -> list[tuple[str, str]]:
    """The check as (label, value) rows; `margins` is the number of margins within h, None if not counted."""
    fast = ", differences of single scores in their place" if cost.is_fast else ""
    rows = [
        ("verdict", result.verdict),
        ("norm error", f"{result.norm_error:.2e}"),
        ("norm error off kinks", f"{result.norm_error_off_kinks:.2e}"),
        ("h", setting_text(result.h)),
        ("weights checked", f"{result.checked:,} of {result.size:,}"),
        ("weights near a kink", f"{result.kinks:,}"),
        ("weights wrong", f"{result.wrong:,}"),
        ("weights untold", f"{result.unsettled:,}"),
        ("numerical gradient", f"{cost.losses:,} losses, {_time(cost.numerical_s)}{fast}"),
        ("analytic gradient", f"1 loss with its gradient, {_time(cost.analytic_s)}"),
    ]
    return rows if margins is None else [*rows, ("margins within h", f"{margins:,}")]


def _time(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 0.1 else f"{1000 * seconds:.3g} ms"


def _check(
    point: LossPoint,
    h: float | None,
    tolerance: float | None,
    chosen: NDArray[np.intp] | None,
    one_sided: bool,
    cost: Cost,
) -> tuple[GradientCheck, int | None]:
    import numpy as np

    from engine.analysis import gradient, rank_one

    within = gradient.TOLERANCE if tolerance is None else tolerance
    h, spec, split = _step(point, h), point.spec, point.objective.split
    if not (0 < h < np.inf and 0 < within < np.inf):
        raise ValueError("h and the tolerance must be finite numbers greater than 0")
    cost.of_analytic(point)
    if one_sided or not point.objective.linear:

        def black_box(h: float, coordinates: NDArray[np.intp]) -> NDArray[np.float64]:
            return gradient.numerical_gradient(point.objective, point.weights, h, point.rows, coordinates, one_sided)

        timed = cost.of_differences(black_box)
        check = gradient.check_gradient(
            point.objective, point.weights, h, point.rows, chosen, timed, within, one_sided=one_sided
        )
        return check, None
    rows = slice(None) if point.rows is None else point.rows
    X, y = split.batch(rows).astype(np.float64), split.y[rows]
    penalised = point.objective.layout.flat(point.objective.penalty) != 0

    def differences(h: float, coordinates: NDArray[np.intp]) -> NDArray[np.float64]:
        data = rank_one.linear_numerical_gradient(X, y, point.weights, spec.objective, h, spec.delta)  # type: ignore[arg-type]
        penalty = rank_one.regularization_difference(point.weights, spec.regularization_strength, h)
        whole: NDArray[np.float64] = data + penalised * penalty
        return whole[coordinates]

    hinge = spec.objective == "svm"
    margins = rank_one.margins_within(X, y, point.weights, h, spec.delta) if hinge else None
    timed, cost.is_fast = cost.of_differences(differences), True
    check = gradient.check_gradient(point.objective, point.weights, h, point.rows, chosen, timed, within)
    return check, margins


def _step(point: LossPoint, h: float | None) -> float:
    """The step of the differences: as given, or by the size of the features."""
    from engine.analysis import gradient

    if h is not None or not point.spec.has_data:
        return gradient.H if h is None else h
    return gradient.usual_h(point.objective.split.batch(slice(None) if point.rows is None else point.rows))


def _chosen(point: LossPoint, text: str, one_sided: bool) -> NDArray[np.intp] | None:
    from engine.strategy import streams

    if (point.objective.linear and not one_sided) or text.strip().lower() == "all":
        return None
    try:
        count = int(text)
    except ValueError:
        raise ValueError(f"coordinates: {text[:40]!a} is not a number; write it like 500, or all") from None
    if count < 1:
        raise ValueError(f"coordinates: must be at least 1, not {count}")
    return streams.drawn(point.spec.seed, "coordinates", count, point.objective.size)
