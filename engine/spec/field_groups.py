"""FIELD_GROUPS: the fields of a run in groups, for people who read all of them."""

from __future__ import annotations

FIELD_GROUPS: dict[str, tuple[str, ...]] = {
    "What is minimised": (
        "objective",
        "dataset",
        "regularization_strength",
        "regularize_bias",
        "delta",
        "hidden_size",
    ),
    "How it is minimised": (
        "strategy",
        "step_size",
        "batch_size",
        "sampling",
        "initial_scale",
        "seed",
        "update",
        "momentum",
        "rms_decay",
        "beta1",
        "beta2",
        "schedule",
        "decay_factor",
        "decay_every",
        "decay_rate",
        "warm_up",
    ),
    "How long": ("iterations", "seconds", "patience", "divergence_factor", "pace"),
    "What is recorded": ("metrics",),
}
"""Names of fields by group, in the order in which people decide; every field of a run is in one group."""

GROUP_OF = {name: group for group, names in FIELD_GROUPS.items() for name in names}
