"""FIELDS: the table of the fields of a run.

The command line's options, the form for a new run, the filter, the sweep axes and the JSON reader use it.
"""

from __future__ import annotations

from engine.spec.choices import (
    ACTIVATIONS,
    ADAMS,
    ALL,
    AVERAGINGS,
    BUILT_IN,
    CONVNETS,
    CYCLES,
    HINGE,
    KEPT,
    METRICS,
    MLP,
    N_DIMENSIONAL,
    NETWORKS,
    NORMALIZATIONS,
    OF_EXAMPLES,
    POOLINGS,
    SAMPLINGS,
    SCHEDULES,
    STARTS,
    TEST_FUNCTIONS,
    TWO_LAYER,
    WITHOUT_DATA,
    YES_NO,
)
from engine.spec.dataset_names import DATASETS, normal_name
from engine.spec.field import Field
from engine.spec.own_names import GROUPS, OWN, open_choice
from engine.spec.parsing import (
    Domain,
    above_one,
    at_least,
    at_least_one,
    batch_size,
    choice,
    fraction,
    not_negative,
    optional,
    positive,
    sizes,
    up_to_one,
)
from engine.spec.strategy_kinds import BATCHING, DIVERGING, GRADIENT, STEPPING

POPULATION = optional(at_least(4, 10_000))


def _of(strategy: str, name: str, label: str, help_text: str, domain: Domain) -> Field:
    """Return a field of one strategy."""
    return Field(name, label, help_text, domain, strategies=frozenset({strategy}))


def _of_schedules(name: str, label: str, help_text: str, domain: Domain, *schedules: str) -> Field:
    return Field(name, label, help_text, domain, strategies=GRADIENT, needs={"schedule": frozenset(schedules)})


def _rate(name: str, label: str, help_text: str, *updates: str) -> Field:
    return Field(name, label, help_text, fraction, strategies=GRADIENT, needs={"update": frozenset((*updates, OWN))})


FIELDS: dict[str, Field] = {
    row.name: row
    for row in (
        Field(
            "strategy",
            "strategy",
            "how the weights are searched",
            open_choice(BUILT_IN["strategy"], GROUPS["strategy"]),
            BUILT_IN["strategy"],
            takes_own=True,
        ),
        Field(
            "objective",
            "objective",
            "what is minimised",
            open_choice(BUILT_IN["objective"], GROUPS["objective"]),
            BUILT_IN["objective"],
            takes_own=True,
        ),
        Field(
            "dimensions",
            "dimensions",
            "weights of a test function",
            at_least(2, 1000),
            needs={"objective": N_DIMENSIONAL},
        ),
        Field(
            "dataset",
            "data set",
            "one of digits, three-points, spiral:3, synthetic-cifar:9000, cifar10, or your .npz or .csv",
            Domain(str.strip, normal_name),
            DATASETS,
            unless=WITHOUT_DATA,
            open=True,
        ),
        Field(
            "standardize",
            "standardize",
            "whether each feature is brought to mean 0 and standard deviation 1, those of the train split",
            choice(YES_NO),
            YES_NO,
            unless=WITHOUT_DATA,
        ),
        Field("step_size", "step size", "step size (learning rate)", positive, strategies=STEPPING),
        Field(
            "batch_size",
            "batch size",
            "examples per update: a number, or full",
            batch_size,
            strategies=BATCHING,
            unless=WITHOUT_DATA,
        ),
        Field(
            "regularization_strength",
            "regularization",
            "lambda, the weight of sum(W^2) in the loss",
            not_negative,
            needs={"objective": OF_EXAMPLES},
        ),
        Field(
            "regularize_bias",
            "regularize bias",
            "whether the biases are in sum(W^2) with the other weights",
            choice(YES_NO),
            YES_NO,
            needs={"objective": OF_EXAMPLES},
        ),
        Field("delta", "delta", "the SVM margin", positive, needs={"objective": HINGE}),
        Field(
            "hidden_size",
            "hidden units",
            "hidden units of the two-layer net",
            at_least(1, 100_000),
            needs={"objective": TWO_LAYER},
        ),
        Field(
            "hidden",
            "hidden layers",
            "units of each hidden layer, like 128,64",
            sizes(1, 100_000, 100, "128,64"),
            needs={"objective": MLP},
        ),
        Field(
            "channels",
            "channels",
            "filters of each convolution, like 16,32",
            sizes(1, 10_000, 16, "16,32"),
            needs={"objective": CONVNETS},
        ),
        Field(
            "activation",
            "activation",
            "the function of each hidden unit",
            choice(ACTIVATIONS),
            ACTIVATIONS,
            needs={"objective": NETWORKS},
        ),
        Field(
            "pooling",
            "pooling",
            "what a convolution's 2 x 2 pixels become",
            choice(POOLINGS),
            POOLINGS,
            needs={"objective": CONVNETS},
        ),
        Field(
            "normalization",
            "normalization",
            "what is done to each hidden layer before its activation: nothing, or layer norm",
            choice(NORMALIZATIONS),
            NORMALIZATIONS,
            needs={"objective": NETWORKS},
        ),
        Field(
            "residual",
            "residual",
            "whether a hidden layer as large as the one before is added to it",
            choice(YES_NO),
            YES_NO,
            needs={"objective": MLP},
        ),
        Field(
            "dropout",
            "dropout",
            "share of the hidden units that each update leaves out",
            fraction,
            strategies=frozenset({"gradient-descent"}),
            needs={"objective": NETWORKS},
        ),
        Field(
            "start",
            "start",
            "first weights: all of one scale, or scaled to each layer's inputs (he), or inputs and outputs (xavier)",
            choice(STARTS),
            STARTS,
            needs={"objective": NETWORKS},
        ),
        Field(
            "initial_scale",
            "initial scale",
            "standard deviation of the first weights, and of every draw of random search; a factor for he and xavier",
            positive,
            unless=({"objective": frozenset(TEST_FUNCTIONS), "strategy": ALL - {"random-search"}},),
        ),
        Field(
            "sampling",
            "sampling",
            "how batches are drawn: with replacement, or each example once in an epoch",
            choice(SAMPLINGS),
            SAMPLINGS,
            BATCHING,
            unless=WITHOUT_DATA,
        ),
        Field(
            "update",
            "update",
            "the parameter update",
            open_choice(BUILT_IN["update"], GROUPS["update"]),
            BUILT_IN["update"],
            GRADIENT,
            takes_own=True,
        ),
        _rate("momentum", "momentum", "share of the velocity that is kept", "momentum", "nesterov", "muon"),
        _rate("rms_decay", "decay of squares", "share of the mean of squares that is kept", "rmsprop", "adadelta"),
        _rate("beta1", "beta 1", "share of the mean of gradients that is kept", *ADAMS, "lion"),
        _rate("beta2", "beta 2", "share of the mean of squares (lion: of gradients) that is kept", *ADAMS, "lion"),
        Field(
            "decoupled_decay",
            "decoupled decay",
            "share of the weights taken away at a step size of 1, beside the loss (decoupled weight decay)",
            not_negative,
            strategies=GRADIENT,
            needs={"update": frozenset({"adamw", "lion", "muon"})},
        ),
        Field(
            "clip_norm",
            "clip norm",
            "a gradient that is longer is shortened to this norm; or none",
            optional(positive),
            strategies=GRADIENT,
        ),
        Field("schedule", "schedule", "how the step size falls", choice(SCHEDULES), SCHEDULES, GRADIENT),
        Field(
            "decay_factor",
            "decay factor",
            "what a step decay or a plateau multiplies the step size by",
            up_to_one,
            strategies=GRADIENT,
            needs={"schedule": frozenset({"step", "on-plateau"})},
        ),
        Field(
            "decay_every",
            "decay every",
            "iterations between two step decays",
            at_least(1),
            strategies=GRADIENT,
            needs={"schedule": frozenset({"step"})},
        ),
        Field(
            "decay_rate",
            "decay rate",
            "the k in exp(-k t) and 1/(1 + k t), per iteration",
            not_negative,
            strategies=GRADIENT,
            needs={"schedule": frozenset({"exponential", "1/t"})},
        ),
        _of_schedules("period", "period", "iterations of a cycle, or of the first one", at_least(2), *CYCLES),
        _of_schedules(
            "period_factor",
            "period factor",
            "how many times as long as the last one each cycle is",
            at_least_one,
            "warm-restarts",
        ),
        _of_schedules(
            "lowest_share", "lowest share", "of the step size, at the lowest place of a cycle", fraction, *CYCLES
        ),
        _of_schedules(
            "plateau",
            "plateau",
            "the step size falls after so many evaluations without a better validation loss",
            at_least(1),
            "on-plateau",
        ),
        Field(
            "warm_up",
            "warm-up",
            "iterations in which the step size rises to its full value, before the schedule begins",
            at_least(0),
            strategies=GRADIENT,
        ),
        _of("l-bfgs", "memory", "memory", "how many of the last steps the curvature is learnt from", at_least(1, 1000)),
        _of("numerical-gradient", "difference", "difference", "the h of (f(W + h) - f(W - h)) / 2h", positive),
        _of(
            "simulated-annealing", "temperature", "temperature", "how much worse a loss is accepted at first", positive
        ),
        _of(
            "simulated-annealing", "cooling", "cooling", "what each iteration multiplies the temperature by", up_to_one
        ),
        _of("spsa", "perturbation", "perturbation", "how far the two points of the first iteration are", positive),
        _of("cma-es", "population", "population", "proposals in a generation, or none: 4 + 3 ln(weights)", POPULATION),
        Field(
            "averaging",
            "averaging",
            "what is evaluated: the weights, or their exponential (ema) or plain (polyak) average",
            choice(AVERAGINGS),
            AVERAGINGS,
            GRADIENT,
        ),
        Field(
            "average_decay",
            "average decay",
            "share of the average that is kept in each iteration",
            fraction,
            strategies=GRADIENT,
            needs={"averaging": frozenset({"ema"})},
        ),
        Field(
            "keep_weights",
            "keep weights",
            "what a run ends with: its last weights, or those of the best validation loss",
            choice(KEPT),
            KEPT,
            DIVERGING,
            unless=WITHOUT_DATA,
        ),
        Field("iterations", "iterations", "budget in iterations, or none", optional(at_least(1))),
        Field("seconds", "seconds", "budget in seconds, or none", optional(positive)),
        Field(
            "divergence_factor",
            "divergence factor",
            "a run has diverged at a loss beyond so many times its first",
            above_one,
            strategies=DIVERGING,
        ),
        Field(
            "patience",
            "patience",
            "stop after so many evaluations without a better validation loss; or none",
            optional(at_least(1)),
            unless=WITHOUT_DATA,
        ),
        Field("pace", "pace", "iterations per second, to watch; or none for full speed", optional(positive)),
        Field("seed", "seed", "the one seed of every random draw", at_least(0)),
        Field("metrics", "metrics", "what each iteration records: all, or the loss alone", choice(METRICS), METRICS),
        Field(
            "code",
            "code",
            "the SHA-256 of each file of yours that it runs",
            Domain(lambda text: text.strip().removeprefix("none"), lambda value, given: value),
            unless=({"code": frozenset({""})},),
            typed=False,
        ),
    )
}

RATES = tuple(name for name, entry in FIELDS.items() if "update" in entry.needs)
"""Fields that tune single updates; `engine.strategy.updates.Rates` has the same names."""
