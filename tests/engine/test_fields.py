"""When a field decides anything, and specs that know fewer fields than there are now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands.options import say_without_effect
from engine.spec import RunSpec, SpecError, as_text, defaults, parse_field, spec_from_fields, spec_from_json
from engine.spec.dataset_names import NO_DATA
from engine.spec.fields import FIELDS
from engine.spec.own_names import OWN

PLAIN = {"strategy": "gradient-descent", "objective": "svm", "update": "vanilla", "schedule": "constant"}

APPLIES = [
    ("delta", {}, True),
    ("delta", {"objective": "softmax"}, False),
    ("delta", {"objective": "two-layer-svm"}, True),
    ("hidden_size", {}, False),
    ("hidden_size", {"objective": "two-layer"}, True),
    ("hidden", {"objective": "mlp-svm"}, True),
    ("hidden", {"objective": "convnet"}, False),
    ("channels", {"objective": "convnet"}, True),
    ("dropout", {"objective": "mlp"}, True),
    ("dropout", {"objective": "mlp", "strategy": "local-search"}, False),
    ("activation", {"objective": "two-layer"}, False),
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
            assert values <= {*FIELDS[name].choices, OWN}, field.name
        for name, values in ((name, values) for fitting in field.unless for name, values in fitting.items()):
            assert not FIELDS[name].choices or values <= {*FIELDS[name].choices, OWN, NO_DATA}, field.name


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
        ("hidden", "0", "hidden layers: must be at least 1, not '0'"),
        ("hidden", "128,x", "'x' is not a number; write it like 128,64"),
        ("hidden", "1.5", "'1.5' is not a whole number"),
        ("hidden", "", "1 to 100 whole numbers with commas between, like 128,64"),
        ("hidden", "1e9", "at most 100,000"),
        ("channels", "16;32", "write it like 16,32"),
        ("activation", "rellu", "did you mean relu"),
        ("dropout", "1", "less than 1"),
        ("regularize_bias", "maybe", "choose from yes, no"),
    ],
)
def test_values_that_make_no_run_are_refused_with_what_fits(name: str, text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse_field(name, text)


def outcome(ask: Callable[[], Any]) -> Any:
    try:
        value = ask()
    except SpecError as error:
        return error.field, error.message
    return type(value), value


@given(
    st.sampled_from(tuple(FIELDS)),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([0, 1, -1, 0.0, -0.0, 256.0, 1.5, 2**53, 2**53 + 1, 10**400, "svm", "adam", "full", "none"]),
)
def test_a_value_is_checked_as_its_text_would_be_read(name: str, value: Any) -> None:
    field = FIELDS[name]
    assert outcome(lambda: field.check(value)) == outcome(lambda: parse_field(name, as_text(value)))


@pytest.mark.parametrize("value", ["128,64", " 128 64 ", "(128, 64)", "[128,64]", (128, 64), [128, 64], "1.28e2,64"])
def test_the_sizes_of_layers_are_kept_as_one_text(value: Any) -> None:
    assert RunSpec(hidden=value).hidden == "128,64"


@pytest.mark.parametrize(("name", "value", "kept"), [("step_size", 1, 1.0), ("iterations", 1e5, 100_000)])
def test_a_number_is_kept_as_the_field_keeps_it(name: str, value: float, kept: float) -> None:
    found = FIELDS[name].check(value)
    assert (type(found), found) == (type(kept), kept)


def test_a_spec_neither_prints_nor_reads_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[object] = []

    def as_text(value: object) -> str:
        printed.append(value)
        return str(value)

    monkeypatch.setattr("engine.spec.field.as_text", as_text)
    assert RunSpec(step_size=0.5, seconds=None) == defaults().changed(step_size=0.5)
    assert printed == []


def test_no_data_are_a_choice_and_what_they_leave_without_effect_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    spec = RunSpec(objective="mine.py:bowl", dataset="none")
    say_without_effect(["dataset", "standardize"], spec)
    assert capsys.readouterr().err == "--standardize has no effect with data set none\n"
