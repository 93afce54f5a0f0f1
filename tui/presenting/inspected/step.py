"""One step: the way of a batch from scores to the update, with its numbers, as lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style

from engine.spec.choices import HINGE
from engine.text import clean, counted, loss_text
from tui.chart.drawing.weight_cells import Manner, draw_weights
from tui.colours.theme import ACCENTED, DIM, FINISHED, STRONG, TEXT, WARNED, signed_style
from tui.text import numbers
from tui.text.parts import Part, cells

if TYPE_CHECKING:
    from engine.jobs.inspection.step import Batch, RunStep

Line = list[Part]

LONGEST_NAME = 10
FEW_EXAMPLES = 12
"""Largest batch of which the losses of all examples are listed."""

LABEL = 21
"""Cells of what a number of the batch is called."""


def flow_lines(found: RunStep, width: int) -> list[Line]:
    """The way of the numbers: from examples and weights to the loss, its gradient and the update."""
    loss, data, penalty = (loss_text(one) for one in (found.loss, found.data_loss, found.regularization_loss))
    what = "trial" if found.is_trial else "W"
    if found.batch is None:
        start: list[Line] = [[(f" {what} ─▸ f(W) = ", DIM), (loss, STRONG)]]
    else:
        one, two = f" (x, y), {what} ─▸ scores ─▸ data loss ", f" {what} ─▸ lambda x sum(W^2) "
        left = max(len(one) + len(data), len(two) + len(penalty))
        start = [
            [(one, DIM), (data, TEXT), (f" {'─' * (left - len(one) - len(data))}─┐", DIM)],
            [(two, DIM), (penalty, TEXT), (f" {'─' * (left - len(two) - len(penalty))}─┴▸ loss ", DIM), (loss, STRONG)],
        ]
        if cells(start[-1]) > width:
            start = [[(" data loss ", DIM), (data, TEXT), (f" + {penalty} = loss ", DIM), (loss, STRONG)]]
    if found.is_trial:
        following: Line = [(" ─▸ best so far ", DIM), (loss_text(found.best), TEXT), (" ─▸ ", DIM), _judged(found)]
    else:
        following = [
            *([] if found.gradient_norm is None else [
                (" ─▸ gradient ", DIM), (numbers.number(found.gradient_norm), TEXT)
            ]),
            (" ─▸ update ", DIM), (numbers.number(found.update_norm), TEXT),
            (" ─▸ loss ", DIM), (loss_text(found.loss_after), STRONG),
        ]  # fmt: skip
    if cells(start[-1]) + cells(following) < width:
        return [*start[:-1], [*start[-1], *following]]
    last: Line = [("   ", TEXT), *following]
    return [*start, last if cells(last) <= width else following if cells(following) <= width else following[:-2]]


def _judged(found: RunStep) -> Part:
    if found.is_accepted is None:
        return "the start", TEXT
    return ("accepted", FINISHED) if found.is_accepted else ("not accepted", WARNED)


def batch_lines(found: RunStep, width: int) -> list[Line]:
    """The numbers of the whole batch, a line each, with notes where `width` cells hold them."""
    spec, batch = found.spec, found.batch
    lines: list[Line] = [[(f" {_title(found)}", ACCENTED)]]

    def tell(label: str, value: str, *notes: str, style: Style = TEXT) -> None:
        lines.append(_told(label, value, notes, width, style))

    if batch is not None:
        strength = numbers.setting(spec.regularization_strength)
        tell("data loss", loss_text(found.data_loss), "the mean of all L_i", "mean L_i")
        tell("+ lambda x sum(W^2)", loss_text(found.regularization_loss), f"lambda {strength}")
    tell("loss" if batch is None else "= loss", loss_text(found.loss), style=STRONG)
    if found.is_trial:
        tell("best loss before", loss_text(found.best))
        lines.append([(f" {'accepted':<{LABEL}}", DIM), *_verdict(found)])
    if found.gradient_norm is not None:
        is_clipped = spec.decides("clip_norm") and spec.clip_norm is not None and found.gradient_norm > spec.clip_norm
        notes = [f"{word} {numbers.setting(spec.clip_norm)}" for word in ("clipped to", "to") if is_clipped]
        tell("gradient norm", numbers.number(found.gradient_norm), *notes)
    if found.step_size is not None:
        tell("step size in force", numbers.setting(found.step_size), *_schedule(found))
    tell("length of the update", numbers.number(found.update_norm))
    tell("update : weights", numbers.number(found.ratio), f"weights {numbers.number(found.weights_norm)}")
    if not found.is_trial:
        if found.has_dropout:
            tell("without dropout", loss_text(found.compared))
        by = found.loss_after - found.compared
        tell("loss after the step", loss_text(found.loss_after), f"{numbers.number(by)}" if by else "", style=STRONG)
    if batch is not None and batch.size <= FEW_EXAMPLES:
        lines.append([])
        for row, loss in zip(batch.scored.rows.tolist(), batch.scored.losses.tolist(), strict=True):
            tell(f"L_{row}", loss_text(loss))
    return lines if batch is not None else [*lines, *_coordinates(found)]


def _title(found: RunStep) -> str:
    batch = found.batch
    title = "the proposal" if found.spec.searches else "the trial" if found.is_trial else "the batch"
    if batch is None:
        return title if found.is_trial else "the step"
    return f"{title}: " + (
        f"all {batch.of:,} examples" if batch.size == batch.of else f"{batch.size:,} of {batch.of:,} examples"
    )


def _schedule(found: RunStep) -> Sequence[str]:
    """What the step size in force is made of, where it is not the base step size."""
    base = found.base_step_size
    share = found.step_size / base if found.step_size is not None and base else 1.0
    if found.spec.kind.measures_steps or share == 1:
        return ()
    return f"{numbers.setting(base)} x {numbers.number(share)}", f"x {numbers.number(share)}"


def _told(label: str, value: str, notes: Sequence[str], width: int, style: Style) -> Line:
    """A number with the first of its notes that fits."""
    line: Line = [(f" {label:<{LABEL}}", DIM), (f"{value:>8}", style)]
    room = width - cells(line) - 2
    note = next((note for note in notes if len(note) <= room), "")
    return [*line, (f"  {note}", DIM)] if note else line


def _verdict(found: RunStep) -> Line:
    _, style = _judged(found)
    if found.is_accepted is None:
        return [("     the start itself", style)]
    return [("     yes" if found.is_accepted else "      no", style)]


def _coordinates(found: RunStep) -> list[Line]:
    """The first weights and how far each is moved."""
    lines: list[Line] = [[], [(f" {'weight':<{LABEL}}{'before':>8}{'update':>10}", DIM)]]
    for number, (weight, update) in enumerate(zip(found.weights.tolist(), found.update.tolist(), strict=True)):
        lines.append([(f" {f'w{number}':<{LABEL}}", DIM), (f"{_short(weight):>8}{_short(update):>10}", TEXT)])
    return lines


def _short(value: float) -> str:
    return numbers.number_in(8, value)


def example_lines(found: RunStep, number: int, manner: Manner, width: int, height: int) -> list[Line]:
    """An example of the batch: its picture or features, and its scores as bars; `number` counts from its page's first.

    Where not all classes fit, those with the highest scores and the right one are shown.
    """
    batch = found.batch
    if batch is None:
        return []
    scored, names = batch.scored, [clean(name, LONGEST_NAME) for name in batch.names]
    row, label = int(scored.rows[number]), int(scored.y[number])
    lines: list[Line] = [
        [(f" example {batch.first + number + 1:,} of {batch.size:,}: ", ACCENTED), (f"row {row:,}, class ", DIM),
         (names[label], FINISHED)],
    ]  # fmt: skip
    scores_height = min(len(names), max(height - 5, 3)) + 2
    room = height - 1 - scores_height
    if batch.pictures is None:
        lines.append(_features(batch.features[number].tolist(), width))
    elif room > 1:
        lines += _picture(batch, number, manner, width, room)
    return [*lines, *_scores(found, batch, number, names, width, height - len(lines))]


def _features(values: Sequence[float], width: int) -> Line:
    """As many features as fit."""
    line: Line = [(" x = ", DIM)]
    for value in values:
        text = f"{numbers.number(value)} "
        if cells(line) + len(text) > width - 2:
            return [*line, ("…", DIM)]
        line.append((text, TEXT))
    return line


def _picture(batch: Batch, number: int, manner: Manner, width: int, height: int) -> list[Line]:
    """The example as half blocks, no higher than `height`."""
    return list(_drawn(batch, number, manner, width, height))


@lru_cache(maxsize=8)
def _drawn(batch: Batch, number: int, manner: Manner, width: int, height: int) -> tuple[Line, ...]:
    """Batches compare by identity, so the cache keeps what is drawn."""
    assert batch.pictures is not None
    picture = batch.pictures[number : number + 1]
    picture = picture - picture.min()
    tall, wide = picture.shape[1:]
    for room in range(min(width - 1, 2 * height * wide // tall), 0, -1):
        rows = draw_weights(picture, [""], room, manner, height).rows[1:]
        if len(rows) <= height:
            return tuple(
                [(" ", TEXT), *((piece.text, signed_style(piece.foreground, piece.background)) for piece in row)]
                for row in rows
            )
    return ()


def _scores(found: RunStep, batch: Batch, number: int, names: Sequence[str], width: int, height: int) -> list[Line]:
    """The loss of the example, then a bar for the score of each class."""
    scored = batch.scored
    scores, parts, label = scored.scores[number], scored.parts[number], int(scored.y[number])
    highest, is_hinge = scored.highest(number), found.spec.objective in HINGE
    formula = "L_i = sum of margins = " if is_hinge else "L_i = -log p_y = "
    lines: list[Line] = [[(f" {formula}", DIM), (loss_text(float(scored.losses[number])), STRONG)]]
    wide = min(max(len("class"), *map(len, names)), LONGEST_NAME)
    bar = max(min(width - wide - 29, 24), 0)
    part = "margin" if is_hinge else "p"
    lines.append([(f" {'class':<{wide}} {'score':<{bar}}{'':>9}{part:>8}", DIM)])
    shown = _shown(scores, label, max(height - 2, 1))
    finite = scores[np.isfinite(scores)]
    low, high = min(0.0, float(finite.min(initial=0.0))), max(0.0, float(finite.max(initial=0.0)))
    for one in shown:
        sign = "◂ y, max" if one == label == highest else "◂ y" if one == label else "◂ max" if one == highest else ""
        style = FINISHED if one == label else WARNED if one == highest else TEXT
        value = "·" if is_hinge and one == label else _part(float(parts[one]))
        lines.append([
            (f" {names[one]:<{wide}} ", style if sign else DIM),
            (_bar(float(scores[one]), low, high, bar), style),
            (f"{numbers.number_in(9, float(scores[one])):>9}", TEXT), (f"{value:>8}", DIM), (f" {sign}", style),
        ])  # fmt: skip
    of = f" of {counted(len(names), 'class')}"
    if len(shown) < len(names) and cells(lines[1]) + len(of) < width:
        lines[1].append((of, DIM))
    return lines


def _part(value: float) -> str:
    """A margin or a probability; one that is next to nothing is 0."""
    return "0" if abs(value) < 5e-4 else numbers.number_in(7, value)


def _shown(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]], label: int, most: int) -> list[int]:
    """The classes that are shown, in their order: all, or those with the highest scores and the right one."""
    if len(scores) <= most:
        return list(range(len(scores)))
    order = [label, *(one for one in np.argsort(-np.nan_to_num(scores), kind="stable").tolist() if one != label)]
    return sorted(order[:most])


def _bar(score: float, low: float, high: float, width: int) -> str:
    """A bar from zero to a score, on an axis from `low` to `high`."""
    if not math.isfinite(score) or width < 2 or high == low:
        return " " * width
    ends = sorted(round((end - low) / (high - low) * width) for end in (0.0, score))
    return (" " * ends[0] + "━" * (ends[1] - ends[0])).ljust(width)


def summary(found: RunStep, is_going_on: bool) -> str:
    """Which iteration it is, and how exact and how real."""
    said = f"iteration {found.iteration:,}"
    if not found.is_exact:
        said += " (the last checkpoint)"
    if found.is_of_run:
        said += " of the run"
    else:
        said += ", the next one: computed here" if is_going_on else ": computed here, not part of the run"
    if found.batch is None:
        return f"{said}; {clean(found.spec.objective, 40)} has no scores"
    if found.has_dropout:
        said += "; scores without dropout"
    return f"{said}; scores of the weights so far" if found.is_trial else said


def as_csv(found: RunStep, number: int) -> str:
    """The numbers of the step and of one example as CSV: a name and a value in each row."""
    values: list[tuple[str, object]] = [
        ("iteration", found.iteration), ("loss", found.loss), ("data_loss", found.data_loss),
        ("regularization_loss", found.regularization_loss), ("gradient_norm", found.gradient_norm),
        ("step_size", found.step_size), ("best_loss_before", found.best), ("update_norm", found.update_norm),
        ("weights_norm", found.weights_norm), ("loss_after", found.loss_after),
    ]  # fmt: skip
    if found.batch is not None:
        scored = found.batch.scored
        values += [("row", int(scored.rows[number])), ("class", int(scored.y[number]))]
        values.append(("example_loss", float(scored.losses[number])))
        values += [(f"score_{one}", score) for one, score in enumerate(scored.scores[number].tolist())]
    return "name,value\n" + "".join(f"{name},{'' if value is None else value}\n" for name, value in values)
