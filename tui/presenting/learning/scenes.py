"""Scenes: the eight of the tour in their order, after the optimization notes of CS231n."""

from __future__ import annotations

from engine.spec import defaults
from tui.presenting.learning import endings
from tui.presenting.learning.conditions import (
    chooses_sweep,
    counts,
    ended,
    has_replayed,
    has_swept,
    inspects,
    looks_closely,
    reads_values,
    replays,
    replays_inside,
    started,
    sweeps_step_sizes,
)
from tui.presenting.learning.scene import Scene, Step

PACE = 100.0
"""Iterations per second, so that curves can be watched."""

DESCENT = defaults("gradient-descent").changed(pace=PACE)
POINTS = defaults(dataset="three-points").changed(
    batch_size=None, step_size=0.05, initial_scale=3.0, regularization_strength=0.1, iterations=300, pace=PACE
)
RAVINE = defaults(objective="ravine").changed(step_size=0.018, iterations=60, pace=20.0)


def _waiting(says: str, *names: str) -> Step:
    return Step(says, "", "until it has ended" if len(names) == 1 else "until all have ended", ended(*names))


SCENES = (
    Scene(
        "random search",
        "Random search",
        (("random search", defaults("random-search").changed(iterations=400, pace=PACE)),),
        (
            Step(
                "A hiker with a blindfold wants to get down. The height is the loss: how wrong a classifier of "
                "handwritten digits is. The first idea: guess places, and keep the lowest.",
                "enter",
                "guess 400 places",
                started("random search"),
            ),
            _waiting(
                "Each guess forgets the ones before it. The line is the lowest loss so far, and it falls more and "
                "more seldom.",
                "random search",
            ),
            Step(
                "A place is a set of 650 weights: 65 for each digit. They can be looked at as pictures.",
                "enter",
                "open the run with its weights",
                looks_closely,
                "open the run",
            ),
        ),
        endings.of_random_search,
    ),
    Scene(
        "local search",
        "Random local search",
        (("local search", defaults("local-search").changed(iterations=400, pace=PACE)),),
        (
            Step(
                "Better: feel for a place one small step away, and go there only if it is lower. What was found is "
                "not forgotten any more.",
                "enter",
                "try 400 small steps",
                started("local search"),
            ),
            _waiting("Now there is a way down, although its direction is a guess each time.", "local search"),
            Step(
                "How far apart are they? A line across the chart reads the values of all runs.",
                "c",
                "read values; h and l move the line",
                reads_values,
                "read values",
            ),
        ),
        endings.of_local_search,
        ("random search",),
    ),
    Scene(
        "gradient",
        "Following the gradient",
        (("gradient", DESCENT.changed(batch_size=None, iterations=400)),),
        (
            Step(
                "Nobody has to guess the direction. The gradient is the slope along every weight, and the step "
                "against it is the steepest way down.",
                "enter",
                "take 400 steps downhill",
                started("gradient"),
            ),
            _waiting("The hiker feels the slope underfoot, and follows it.", "gradient"),
            Step(
                "Is that fair? What costs time are losses, so the x axis can count them instead of iterations.",
                "x",
                "again and again, until the x axis counts losses evaluated",
                counts("evaluations"),
                "to losses evaluated",
            ),
        ),
        endings.of_gradient,
        ("random search", "local search"),
    ),
    Scene(
        "gradient check",
        "The numerical gradient",
        (
            ("numerical gradient", defaults("numerical-gradient").changed(iterations=10)),
            ("analytic gradient", DESCENT.changed(iterations=10, pace=None)),
        ),
        (
            Step(
                "A slope can be had by trying: nudge one weight a little, see how the loss changes, go on to the "
                "next. Calculus gives the whole gradient at once, the analytic one.",
                "enter",
                "take 10 steps with each of them",
                started("numerical gradient", "analytic gradient"),
                "take 10 steps with each",
            ),
            _waiting(
                "The numerical gradient is simple, approximate and slow. The analytic one is exact and fast, and "
                "easy to get wrong.",
                "numerical gradient",
                "analytic gradient",
            ),
            Step(
                "So people write the analytic one, and check it against the numerical one.",
                "I 5",
                "look inside the run, at the gradient check",
                inspects("check"),
                "the gradient check",
            ),
        ),
        endings.of_gradient_check,
    ),
    Scene(
        "step size",
        "The step size",
        (
            ("tiny steps", DESCENT.changed(step_size=0.001, iterations=200)),
            ("huge steps", DESCENT.changed(step_size=30.0, iterations=200)),
        ),
        (
            Step(
                "The gradient tells the direction, and not how far to go. That is the step size, or learning rate: "
                "the setting that decides most.",
                "enter",
                "walk with tiny steps, and with huge ones",
                started("tiny steps", "huge steps"),
                "walk in both",
            ),
            _waiting(
                "Tiny steps come down surely and slowly. Huge ones jump over the valley, and land higher up.",
                "tiny steps",
                "huge steps",
            ),
            Step("A good step size lies between. A sweep looks for it.", "s", "open the sweep", chooses_sweep),
            Step(
                "The dialog shows the step sizes that are tried on their axis, from tiny to huge.",
                "enter",
                "let them race",
                sweeps_step_sizes,
            ),
            Step("The right chart has the loss over the step size.", "", "until the sweep is over", has_swept),
        ),
        endings.of_step_size,
    ),
    Scene(
        "bowl",
        "The bowl",
        tuple((f"start {seed + 1}", POINTS.changed(seed=seed)) for seed in range(3)),
        (
            Step(
                "A classifier of three numbers in three classes has three weights, and its loss can be drawn. The SVM "
                "loss adds up hinges, flat pieces that make a bowl.",
                "enter",
                "go down from three places",
                started("start 1", "start 2", "start 3"),
            ),
            _waiting("Three starts, three curves.", "start 1", "start 2", "start 3"),
            Step(
                "Look at it from above: contour lines, and the ways of the runs.",
                "I",
                "look inside the runs, at the landscape",
                inspects("landscape"),
                "the landscape",
            ),
        ),
        endings.of_bowl,
    ),
    Scene(
        "momentum",
        "Along the ravine",
        (
            ("plain steps", RAVINE),
            ("momentum", RAVINE.changed(update="momentum")),
        ),
        (
            Step(
                "In a ravine the slope points across, hardly along. Plain steps bounce from wall to wall. Momentum "
                "keeps a part of the last step, as a ball that rolls.",
                "enter",
                "walk a ravine without and with momentum",
                started("plain steps", "momentum"),
                "walk with and without it",
            ),
            _waiting("Both take the same step size from the same place.", "plain steps", "momentum"),
            Step("Every iteration is in the store, so it can be seen again.", "r", "play the runs back", replays),
            Step(
                "The inspector works in a replay, too.",
                "I",
                "look at the landscape while it plays",
                replays_inside,
                "the landscape",
            ),
            Step(
                "Both ways grow in step. space lets the clock stand still or go on, . is one step.",
                "",
                "until the replay is at its end",
                has_replayed,
            ),
        ),
        endings.of_momentum,
    ),
    Scene(
        "mini-batches",
        "Mini-batches",
        (
            ("batch of 1", DESCENT.changed(batch_size=1, step_size=0.01, iterations=10_000, pace=2500.0)),
            ("batch of 256", DESCENT.changed(step_size=0.01, iterations=600, pace=150.0)),
            ("full batch", DESCENT.changed(batch_size=None, step_size=0.01, iterations=120, pace=30.0)),
        ),
        (
            Step(
                "The loss is a mean over all examples, and the slope of a few of them points almost the same way. "
                "That is a mini-batch: a step that is cheap, and noisy.",
                "enter",
                "go down by all examples, by 256, by a single one",
                started("full batch", "batch of 256", "batch of 1"),
                "go down with each",
            ),
            _waiting(
                "One example at a time is stochastic gradient descent in the strict sense.",
                "full batch",
                "batch of 256",
                "batch of 1",
            ),
            Step(
                "Iterations do not compare: one of them saw all examples, another a single one.",
                "x",
                "again and again, until the x axis counts examples seen",
                counts("examples"),
                "to examples seen",
            ),
        ),
        endings.of_mini_batches,
    ),
)
"""The scenes in their order; their names are kept in saved views."""

NAMES = tuple(scene.name for scene in SCENES)
