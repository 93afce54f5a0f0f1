"""A script's spec: placeholders and their values, text and JSON both ways, what differs, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jobs.scripts.environment import is_secret, recorded, started_with
from engine.spec import SpecError
from engine.spec.script import ScriptSpec, differences, script, script_from_json, with_seeds

TRAIN = ("python", "train.py", "--lr", "{lr}", "--seed={seed}", "{{x}}", "print({y} + 1)")


def test_values_stand_for_names_in_braces_and_code_keeps_its_own() -> None:
    spec = script(TRAIN, "/w", ["lr=0.10", "seed=3"])
    assert spec.placeholders == ("lr", "seed")
    assert spec.words == ("python", "train.py", "--lr", "0.10", "--seed=3", "{x}", "print({y} + 1)")
    assert spec.changed(lr=1e-4).text == "python train.py --lr 1e-4 --seed=3 '{x}' 'print({y} + 1)'"
    assert spec.label == "train.py --lr 0.10 --seed=3 {x} print({y} + 1)"
    assert differences(spec, spec.changed(lr=0.2)) == ("lr",)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(SpecError, match=r"\{lr\} has no value: give it one with --set lr="):
        _ = script(["run", "{lr}"], "/w").words
    with pytest.raises(SpecError, match=r"there is no \{rl\} in the command; it has \{lr\}; did you mean lr"):
        script(["run", "{lr}"], "/w", ["rl=1"])
    with pytest.raises(SpecError, match="write it like NAME=VALUE"):
        script(["run"], "/w", ["lr"])
    with pytest.raises(SpecError, match="like gpu:2"):
        script(["run"], "/w", pool="gpu")
    with pytest.raises(SpecError, match="command to run after --"):
        script([], "/w")


def test_repeats_have_seeds_of_their_own_where_the_command_has_one() -> None:
    assert [spec.words[-1] for spec in with_seeds(script(["run", "{seed}"], "/w"), 3)] == ["0", "1", "2"]
    assert [spec.words[-1] for spec in with_seeds(script(["run", "{seed}"], "/w", ["seed=7"]), 2)] == ["7", "7"]


def test_numbers_of_options_can_be_changed_without_a_placeholder() -> None:
    spec = script(["python", "t.py", "--lr", "0.1", "--n=3", "model.width=64", "--name", "x", "5"], "/w").adjustable()
    assert spec.values == {"lr": 0.1, "n": 3, "model.width": 64}
    assert spec.changed(lr=1, **{"model.width": 2}).words[2:6] == ("--lr", "1", "--n=3", "model.width=2")


WORDS = st.lists(st.text(max_size=12), min_size=1, max_size=4).map(lambda words: ("run", *words))
VALUES = st.dictionaries(st.just("lr"), st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False)))


@given(WORDS, VALUES, st.floats(0, 1e4), st.integers(0, 9))
def test_json_gives_the_same_spec_again(
    words: tuple[str, ...], values: dict[str, str], grace: float, retries: int
) -> None:
    command = (*words, "{lr}")
    spec = ScriptSpec(command, "/w", values, {"A": "b"}, ("(?P<x>.)",), grace, retries, "gpu:2", ("KEY",))
    assert script_from_json(spec.to_json()) == spec


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"command": [1], "folder": "/"}', '{"command": ["x"]}', "null"])
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SpecError):
        script_from_json(text)


SECRETS = {
    "WANDB_API_KEY": "x", "HF_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "x", "DB_PASSWORD": "x", "GITHUB_PAT": "x",
    "OPENAI": "sk-abc", "URL": "postgres://me:pw@host/db", "MYSECRET": "x", "TOKEN1": "x",
}  # fmt: skip
OPEN = {"PATH": "/bin", "KEYBOARD": "de", "MONKEY_SIZE": "3", "LANG": "C", "PASSAGE": "x", "URL": "https://host/x"}


def test_secrets_are_told_by_their_names_or_values() -> None:
    assert [name for name, value in SECRETS.items() if not is_secret(name, value)] == []
    assert [name for name, value in OPEN.items() if is_secret(name, value)] == []
    kept, names = recorded({**SECRETS, "DATA": "/d", "TERM": "x", "LOSSBOARD_DB": "x"})
    assert (kept, set(names)) == ({"DATA": "/d"}, set(SECRETS))


def test_a_command_gets_what_was_recorded_and_the_secrets_that_its_worker_has() -> None:
    spec = ScriptSpec(("run",), "/w", variables={"FOO": "1"}, secrets=("A_KEY", "B_KEY"))
    own = {"A_KEY": "s", "OMP_NUM_THREADS": "1", "OTHER": "x"}
    found, lacking = started_with(spec, {"PATH": "/p", "CUDA_VISIBLE_DEVICES": "4,6"}, own, "gpu:1", threads=2)
    assert lacking == ("B_KEY",)
    assert found["A_KEY"] == "s"
    assert "OTHER" not in found
    assert (found["PATH"], found["FOO"], found["PYTHONUNBUFFERED"]) == ("/p", "1", "1")
    assert (found["LOSSBOARD_SLOT"], found["CUDA_VISIBLE_DEVICES"], found["OMP_NUM_THREADS"]) == ("1", "6", "2")
