"""RunSpec: what can be chosen, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import (
    FIELDS,
    STRATEGIES,
    RunSpec,
    SpecError,
    as_text,
    check_given,
    defaults,
    parse_field,
    race,
    spec_from_fields,
    spec_from_json,
    typed_text,
)
from engine.strategy import optimize
from engine.trace.state import DIVERGED

positive = st.floats(min_value=1e-300, max_value=1e300)

specs = st.builds(
    RunSpec,
    strategy=st.sampled_from(STRATEGIES),
    step_size=positive,
    batch_size=st.none() | st.integers(1, 10**6),
    regularization_strength=st.just(0.0) | positive,
    delta=positive,
    initial_scale=positive,
    iterations=st.integers(1, 10**9),
    seconds=st.none() | positive,
    pace=st.none() | positive,
    seed=st.integers(0, 2**53),
    metrics=st.sampled_from(["all", "loss"]),
)


@given(specs)
def test_json_brings_back_the_same_spec(spec: RunSpec) -> None:
    assert spec_from_json(spec.to_json()) == spec


@given(specs)
def test_text_fields_bring_back_the_same_spec(spec: RunSpec) -> None:
    assert spec_from_fields({name: as_text(getattr(spec, name)) for name in FIELDS}) == spec
    assert spec_from_fields({name: typed_text(name, getattr(spec, name)) for name in FIELDS}) == spec


def test_what_is_none_reads_as_people_type_it() -> None:
    assert (typed_text("batch_size", None), typed_text("seconds", None)) == ("full", "none")


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("step_size", "abc", "'abc' is not a number"),
        ("step_size", "0", "greater than 0"),
        ("step_size", "-1", "greater than 0"),
        ("step_size", "nan", "not a finite number"),
        ("step_size", "inf", "not a finite number"),
        ("batch_size", "0", "at least 1"),
        ("batch_size", "1.5", "not a whole number"),
        ("regularization_strength", "-0.1", "0 or greater"),
        ("iterations", "0", "at least 1"),
        ("iterations", "1e400", "not a finite number"),
        ("iterations", "1e300", "at most"),
        ("seed", "-1", "at least 0"),
        ("dataset", "digit", "did you mean digits?"),
        ("strategy", "gradent-descent", "did you mean gradient-descent?"),
        ("strategy", "\x1b[31mred", r"\x1b[31mred"),
        ("objective", "", "choose from"),
    ],
)
def test_a_bad_value_is_refused_in_words(field: str, text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_field(field, text)
    assert caught.value.field == field
    assert message in caught.value.message
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", '"x"', '{"step_size": []}', '{"step_size": true}', '{"learning_rate": 1}', '{"step_size": NaN}'],
)
def test_json_that_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        spec_from_json(text)


def test_an_unknown_field_is_answered_with_the_near_match() -> None:
    with pytest.raises(SpecError, match="did you mean step_size"):
        spec_from_fields({"stepsize": "1"})


def test_a_run_needs_a_budget() -> None:
    with pytest.raises(SpecError, match="budget"):
        spec_from_fields({"iterations": "none"})
    assert spec_from_fields({"iterations": "none", "seconds": "3"}).seconds == 3


def test_full_batch_has_several_spellings() -> None:
    assert spec_from_fields({"batch_size": "full"}).batch_size is None
    assert spec_from_fields({"batch_size": "N"}).label == "gradient full"


def test_the_race_is_the_strategies_of_the_notes_the_gradient_with_and_without_mini_batches() -> None:
    assert [spec.label for spec in race()] == ["random search", "local search", "gradient full", "gradient b256"]
    assert all(spec.iterations == 1000 and spec.pace == 100 for spec in race())


@pytest.mark.parametrize("objective", ["svm", "softmax", "two-layer", "two-layer-svm"])
@pytest.mark.parametrize(
    "strategy",
    [
        "random-search",
        "local-search",
        "evolution-strategy",
        "spsa",
        "gradient-descent",
        "l-bfgs",
    ],
)
def test_the_defaults_suit_pixels_too(strategy: str, objective: str) -> None:
    """Those of digits diverged there, or a search took none of its tries."""
    chosen = {"strategy": strategy, "objective": objective, "dataset": "synthetic-cifar:100"}
    spec = spec_from_fields({**chosen, "batch_size": "full", "iterations": "30"})
    run = optimize.build(spec)
    start = run.start()
    end, _ = run.advance(start, 30)
    before, after = (run.evaluate(state.weights, "train")[0] for state in (start, end))
    assert end.stop_reason != DIVERGED
    assert after < before


@pytest.mark.parametrize("objective", ["mlp", "mlp-svm", "convnet", "convnet-svm"])
def test_the_defaults_of_spsa_suit_the_many_weights_of_a_network(objective: str) -> None:
    """With those of gradient descent the loss rose to 1e30."""
    chosen = {"strategy": "spsa", "objective": objective, "dataset": "synthetic-cifar:100"}
    run = optimize.build(spec_from_fields({**chosen, "batch_size": "32", "iterations": "30"}))
    start = run.start()
    end, _ = run.advance(start, 30)
    before, after = (run.evaluate(state.weights, "train")[0] for state in (start, end))
    assert after < before


def test_the_search_of_the_notes_has_their_step_size_on_their_data() -> None:
    spec = spec_from_fields({"strategy": "local-search", "dataset": "cifar10"})
    assert (spec.step_size, spec.initial_scale) == (1e-4, 1e-3)
    assert spec_from_fields({"strategy": "random-search", "dataset": "cifar10"}).initial_scale == 1e-4
    assert spec_from_fields({"dataset": "cifar10", "step_size": "0.5"}).step_size == 0.5
    digits = spec_from_fields({"strategy": "local-search"})
    assert (digits.dataset, digits.step_size) == ("digits", 0.03)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_defaults_are_valid_for_every_strategy(strategy: str) -> None:
    spec = defaults(strategy)
    values: dict[str, Any] = {name: getattr(spec, name) for name in FIELDS}
    assert RunSpec(**values) == spec


def test_a_batch_size_for_a_strategy_that_uses_all_examples_is_refused_in_a_sentence() -> None:
    texts = {"strategy": "l-bfgs", "batch_size": "32"}
    with pytest.raises(SpecError) as refused:
        check_given(spec_from_fields(texts), texts)
    assert refused.value.message == "batch size: L-BFGS uses all examples in every iteration, not 32; write full"
    for fits in ({"strategy": "l-bfgs", "batch_size": "full"}, {"strategy": "spsa", "batch_size": "32"}):
        assert check_given(spec_from_fields(fits), fits) == spec_from_fields(fits)
    assert RunSpec(strategy="l-bfgs").batch_size is None
