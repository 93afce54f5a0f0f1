"""When a field decides anything, and specs that know fewer fields than there are now."""

from __future__ import annotations

import pytest

from engine.spec import RunSpec, SpecError, defaults, parse_field, spec_from_fields, spec_from_json
from engine.spec.fields import FIELDS

PLAIN = {"strategy": "gradient-descent", "objective": "svm", "update": "vanilla", "schedule": "constant"}

APPLIES = [
    ("delta", {}, True),
    ("delta", {"objective": "softmax"}, False),
    ("delta", {"objective": "two-layer-svm"}, True),
    ("hidden_size", {}, False),
    ("hidden_size", {"objective": "two-layer"}, True),
    ("update", {"strategy": "local-search"}, False),
    ("momentum", {}, False),
    ("momentum", {"update": "nesterov"}, True),
    ("momentum", {"update": "nesterov", "strategy": "random-search"}, False),
    ("beta2", {"update": "adam"}, True),
    ("rms_decay", {"update": "adam"}, False),
    ("decay_rate", {"schedule": "1/t"}, True),
    ("decay_factor", {"schedule": "1/t"}, False),
    ("step_size", {"strategy": "random-search"}, False),
    ("seed", {"strategy": "random-search"}, True),
]


@pytest.mark.parametrize(("name", "change", "applies"), APPLIES)
def test_a_field_applies_where_it_decides_something(name: str, change: dict[str, str], applies: bool) -> None:
    assert FIELDS[name].applies(PLAIN | change) is applies


def test_what_a_field_needs_is_a_field_with_those_choices() -> None:
    for field in FIELDS.values():
        for name, values in field.needs.items():
            assert values <= set(FIELDS[name].choices), field.name


def test_a_spec_stored_before_there_were_updates_loads_with_their_defaults() -> None:
    spec = spec_from_json('{"strategy": "local-search", "objective": "svm", "step_size": 0.03, "batch_size": null}')
    assert (spec.update, spec.schedule, spec.sampling, spec.patience) == ("vanilla", "constant", "replacement", None)


def test_a_net_starts_further_from_zero() -> None:
    assert spec_from_fields({"objective": "two-layer"}) == defaults(objective="two-layer")
    assert defaults(objective="two-layer").initial_scale > 10 * RunSpec().initial_scale


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("update", "adm", "did you mean adam"),
        ("momentum", "1", "less than 1"),
        ("decay_factor", "1.5", "at most 1"),
        ("divergence_factor", "1", "greater than 1"),
        ("hidden_size", "0", "at least 1"),
        ("regularize_bias", "maybe", "choose from yes, no"),
    ],
)
def test_values_that_make_no_run_are_refused_with_what_fits(name: str, text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse_field(name, text)
