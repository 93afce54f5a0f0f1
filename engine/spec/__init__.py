"""RunSpec: everything that defines a run, validated, and converted to and from text fields and JSON."""

from engine.spec.dataset_names import AMOUNTS, DATASETS, dataset_parts, is_path
from engine.spec.fields import (
    CONVNETS,
    FIELDS,
    METRICS,
    NETWORKS,
    OBJECTIVES,
    SAMPLINGS,
    SCHEDULES,
    UPDATES,
    Field,
)
from engine.spec.parsing import DataError, SpecError, as_text, near_match, shown, sizes_of
from engine.spec.spec import (
    RunSpec,
    check_given,
    defaults,
    label,
    parse_field,
    race,
    spec_from_fields,
    spec_from_json,
    typed_text,
    unknown_field,
)
from engine.spec.strategy_kinds import BATCHING, STRATEGIES, STRATEGY_KINDS, StrategyKind

__all__ = [
    "AMOUNTS",
    "BATCHING",
    "CONVNETS",
    "DATASETS",
    "FIELDS",
    "METRICS",
    "NETWORKS",
    "OBJECTIVES",
    "SAMPLINGS",
    "SCHEDULES",
    "STRATEGIES",
    "STRATEGY_KINDS",
    "UPDATES",
    "DataError",
    "Field",
    "RunSpec",
    "SpecError",
    "StrategyKind",
    "as_text",
    "check_given",
    "dataset_parts",
    "defaults",
    "is_path",
    "label",
    "near_match",
    "parse_field",
    "race",
    "shown",
    "sizes_of",
    "spec_from_fields",
    "spec_from_json",
    "typed_text",
    "unknown_field",
]
