"""Words: what each column, metric, mark, clock and remark means; tests hold the tables to the code that shows them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spec import FIELDS
from engine.trace.smoothing import HALF_LIFE
from tui.chart.values.view import MarkKind, XKind
from tui.model.clock import Stops

SETTINGS: Mapping[str, str] = {field.label: field.help for field in FIELDS.values()}
"""The help of each setting of a run, by its label."""

COLUMNS: Mapping[str, str] = {
    "run": "number of the run; : and a number goes to it",
    "name": "the name that a person gave it, or else its strategy; b256: in mini-batches of 256 examples",
    "tags": "words that a person gave it (e); the filter finds them: tag:word",
    "strategy": "how it looks for a lower loss",
    "objective": "the loss that it minimises",
    "step": "step size, or learning rate: how far each update goes (not a number of steps)",
    "batch": "examples of each update; full: all of the training split",
    "iteration": "updates done so far (iter); the bar is the share of those planned",
    "loss": "the newest train loss; of a logged run its main metric, the newest value as logged, not smoothed",
    "kind": "engine: computed here; logged: by a program of its own; script; imported",
    "project": "what a logged run belongs to, as its program says",
    "group": "the group of a logged run, as its program says",
    "train": "loss over the whole training split, as last evaluated",
    "valid.": "loss over the validation split, which no update uses",
    "acc.": "share of the validation split that is classified right",
    "batch ~": f"loss now: of mini-batches averaged (half-life {HALF_LIFE:g} iterations), of a search the best it has",
    "best": "lowest train loss of all evaluations, never of a lucky batch",
    "curve": "its loss in small, all rows on one scale",
    "it/s": "iterations per second",
    "age": "how long ago it was queued: minutes, hours, days, years",
    "time": "how long it ran, without pauses",
    "test": "loss over the test split",
    "test acc.": "share of the test split that is classified right",
}
"""Columns of the list by their titles, besides the settings."""

METRICS: Mapping[str, str] = {
    "loss": "data loss + regularization loss of each iteration, over its batch",
    "train loss": "over the whole training split",
    "validation loss": "over the validation split; if it rises while the train loss falls, the run overfits",
    "validation accuracy": "share of the validation split classified right",
    "train accuracy": "share of the training split classified right",
    "gradient norm": "length of the gradient: how steep the loss is",
    "step size": "as schedules and steering set it",
    "data loss": "the loss without the regularization",
    "regularization loss": "lambda x sum of the squared weights",
}

MARKS: Mapping[MarkKind, str] = {
    "step-size": "its step size was changed",
    "step-halved": "its step size was halved ([)",
    "step-doubled": "its step size was doubled (])",
    "pause": "it was paused",
    "take-up": "a new worker took it up after its own was lost",
    "fork": "another run was forked here, or it goes on from its parent",
    "divergence": "it diverged",
    "other": "another event; its details tell which",
}
"""Marks on a curve and, below it, on the x axis."""

X_AXES: Mapping[XKind, str] = {
    "iteration": "updates done",
    "time": "seconds that it ran, without pauses",
    "examples": "those of every loss, so iterations x batch size: what a fair look at batch sizes needs",
    "evaluations": "losses evaluated, one with its gradient counted once: a fair look at strategies",
}

CLOCKS: Mapping[XKind, str] = {
    "iteration": "all runs have done equally many iterations",
    "time": "as it happened; time in which no run ran is cut out",
    "examples": "all runs have seen equally many examples",
    "evaluations": "all runs have evaluated equally many losses",
}

STOPS: Mapping[Stops, str] = {
    "events": "steering, forks, new workers, divergence",
    "steering": "changes by a person: step size, pause",
    "evaluations": "losses over whole splits",
    "lowest loss": "where the selected run is best",
    "divergence": "where the loss exploded",
}

SWEEP_COLUMNS: Mapping[str, str] = {
    "train": "loss over the training split; with several seeds, their mean",
    "valid.": "loss over the validation split",
    "acc.": "validation accuracy",
    "examples": "examples seen: iterations x batch size",
    "time": "seconds that its runs took, on average",
    "iterations": "iterations done",
    "seeds": "lowest and highest loss over its seeds",
}
"""Columns of a sweep's table besides the swept parameters and the comparisons."""

RESPONSE: Mapping[str, str] = {
    "best": "the best value",
    "done": "a value whose runs have finished",
    "growing": "a value whose runs go on",
    "stopped": "a value whose runs ended early: its loss does not compare",
    "gone": "a value whose runs diverged",
    "spread": "lowest to highest loss over its seeds",
    "beyond": "a loss above the top of the chart",
    "cursor": "the value under the cursor",
}
"""Signs of the chart of loss over value."""

JUDGEMENTS: Mapping[str, str] = {
    "too small": "the loss falls by far less than with the best step size",
    "good": "the loss falls nearly as far as with the best one",
    "too large": "the step jumps over the valley: the loss falls less, or rises",
}

FILTERS: Mapping[str, str] = {
    "sgd": "a word in the name, a tag, the note, the status or a setting",
    "train<0.5": "a number of the run: train, accuracy, step_size, iterations, ... with < <= > >= = !=",
    "config.lr>=1e-3": "what a logged run was started with; config.model=cnn is all of it, : a part",
    "val/loss<0.3": 'a metric of logged runs: its newest value; val/loss.min its lowest; metric:"odd name"',
    "summary.best<1": "what a program says came of its run",
    "status:lost": "a field with this word: status, strategy, objective, tag, name, ...",
    "svm | softmax": "either of two",
    "-failed": "without this",
}
