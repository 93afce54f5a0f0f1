"""Shown: what a chart shows of a run in its window, as the run is now or as it was."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store import Curve, Reader, Run, Samples
from tui.model import x_extent as reach
from tui.model.chart_options import Look
from tui.presenting.points import OF_ITERATIONS
from tui.reading.log_x_detail import Beginnings, beginnings, sampled_finely
from tui.reading.sampling import Sampled, sampled


@dataclass(frozen=True, slots=True)
class Shown:
    """The shown window of a run's curve, its finer `beginnings` on a logarithmic x axis, and `samples` (single
    iterations) where the chart shows what curves do not hold, with what makes it easy to read them `further`.
    """

    curve: Curve
    beginnings: Beginnings
    samples: Samples | None
    further: Sampled | None = None


def shown(
    reader: Reader,
    look: Look,
    run: Run,
    whole: Curve,
    columns: int,
    known: Shown | None = None,
    *,
    ending: bool = False,
) -> Shown:
    """What `look` shows of a run whose curve is `whole`; what is `known` of its beginnings is not read again.

    With `ending` nothing that the run did later is in it.
    """
    first, last = reach.iterations(look, run, whole)
    end = run.iterations_done - 1 if last is None else min(last, run.iterations_done - 1)
    curve = reach.windowed(look, whole, lambda: reader.curve(run.run_id, columns, first, end, ending=ending))
    begun: Beginnings = {}
    samples: Samples | None = None
    further: Sampled | None = None
    if look.log_x:
        begun = beginnings(reader, curve, first, end + 1, columns, None if known is None else known.beginnings)
    if any(measure in OF_ITERATIONS for measure in look.measures):
        if look.log_x:
            samples = sampled_finely(reader, run.run_id, columns, first, end)
        else:
            further = sampled(reader, run, columns, first, end, None if known is None else known.further)
            samples = further.samples
    return Shown(curve, begun, samples, further)
