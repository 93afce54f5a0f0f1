"""What leaves the dashboard: commands that make the same run again, tables, files that harm none, sequences."""

from __future__ import annotations

import resource
import shlex
from base64 import b64decode
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import STRATEGIES, UPDATES, RunSpec, SpecError, defaults
from tests.tui.chart_curves import decimated
from tui.chart import ChartRun, ChartView, draw
from tui.presenting.export import command_line, document, end_of, file_name, values_table, write_new
from tui.start.cli import group
from tui.terminal import clipboard

OWN_FILE = "it's a file.npz"

SPECS = st.builds(
    lambda strategy, objective, changes: defaults(strategy, objective).changed(**changes),
    st.sampled_from(STRATEGIES),
    st.sampled_from(["svm", "softmax", "two-layer"]),
    st.fixed_dictionaries(
        {},
        optional={
            "step_size": st.floats(1e-10, 1e3),
            "batch_size": st.integers(1, 500),
            "update": st.sampled_from(UPDATES),
            "dataset": st.sampled_from(["spiral:5", OWN_FILE]),
            "iterations": st.integers(1, 10**6),
            "seconds": st.none() | st.floats(0.1, 1e4),
            "pace": st.none() | st.floats(0.1, 1e4),
            "seed": st.integers(0, 2**31),
            "patience": st.none() | st.integers(1, 9),
        },
    ),
)


@given(spec=SPECS, name=st.text(max_size=20))
def test_the_copied_command_makes_the_same_run(
    tmp_path_factory: pytest.TempPathFactory, spec: RunSpec, name: str
) -> None:
    submitted: list[RunSpec] = []

    def submit(db: str, specs: list[RunSpec], **options: object) -> list[int]:
        submitted.extend(specs)
        return [1]

    folder = tmp_path_factory.getbasetemp()
    if not (folder / OWN_FILE).exists():
        X = np.arange(3000.0).reshape(1000, 3)
        np.savez(folder / OWN_FILE, X=X, y=np.arange(1000) % 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("engine.commands.run.submit", submit)
        spec = spec.changed(dataset=str(folder / OWN_FILE)) if spec.dataset.endswith(OWN_FILE) else spec
        command = command_line(spec, name)
        words = shlex.split(command)
        assert words[0] == "lossboard"
        result = CliRunner().invoke(group(), [*words[1:], "--detach"])
    assert result.exit_code == 0, result.output
    assert submitted == [spec]
    assert command.isprintable()


def test_a_full_batch_and_no_budget_are_said() -> None:
    spec = RunSpec(batch_size=None, iterations=None, seconds=5.0)
    said = command_line(spec)
    assert said == (
        "lossboard run --strategy gradient-descent --objective svm --batch-size full --iterations none --seconds 5"
    )
    with pytest.raises(SpecError):
        RunSpec(iterations=None)


def view(*labels: str) -> ChartView:
    runs = [
        ChartRun(n, label, n, decimated(list(np.linspace(9, n, 50))), settings=(("step size", f"{n}e-3"),))
        for n, label in enumerate(labels, 1)
    ]
    return ChartView(tuple(runs))


def test_the_table_has_what_the_readout_says_best_first() -> None:
    assert (
        values_table(view("1 a", "2 b\tc\x1b]0;x\x07"))
        == "run\tstep size\tloss\n1 a\t1e-3\t1.000\n2 b c\t2e-3\t2.000\n"
    )


@pytest.mark.parametrize("end", ["svg", "txt", "csv"])
def test_every_kind_of_file_holds_what_is_shown(end: str) -> None:
    shown = view("1 first", "2 second")
    text = document(end, shown, draw(shown, 40, 12), "runs.db: loss")
    assert "1 first" in text
    assert {"svg": "<title>runs.db: loss</title>", "txt": "loss (log)", "csv": "run_id,run,metric,iteration"}[
        end
    ] in text


def test_a_file_is_named_after_the_store_and_the_time_and_its_end_is_checked() -> None:
    now = datetime(2026, 11, 23, 4, 5, 6)
    assert file_name(Path("/tmp/my runs.db"), "svg", now) == "my runs-20261123-040506.svg"
    assert file_name(Path("/tmp/\x1b[2J.db"), "csv", now) == "runs-20261123-040506.csv"
    assert end_of("a.SVG") == "svg"
    with pytest.raises(ValueError, match="End the name in"):
        end_of("a.pdf")


def test_no_file_is_overwritten_and_no_failure_is_left_unsaid(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert write_new(path, "1\n") == f"Saved {path}."
    with pytest.raises(ValueError, match="is there already and stays as it is"):
        write_new(path, "2\n")
    assert path.read_text() == "1\n"
    with pytest.raises(ValueError, match=r"cannot be written \(No such file or directory\): give another place, such"):
        write_new(tmp_path / "missing" / "a.csv", "1\n")


def test_a_file_that_cannot_be_written_whole_is_not_left_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(ValueError, match="cannot be written"):
            write_new(tmp_path / "a.csv", "1\n" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_a_terminal_is_told_in_characters_that_cannot_do_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.delenv("TMUX", raising=False)
    clipboard.copy("\x1b]0;title\x07 größer", written.append)
    [sequence] = written
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\x07")
    assert b64decode(sequence[7:-1]).decode() == "\x1b]0;title\x07 größer"


def test_in_a_tmux_that_takes_nothing_the_sequence_is_handed_through(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[str] = []
    monkeypatch.setenv("TMUX", "/nowhere,1,0")
    monkeypatch.setenv("PATH", str(tmp_path))
    clipboard.copy("a", written.append)
    assert written == ["\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"]


def test_too_much_for_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="too much"):
        clipboard.copy("x" * 80_000, lambda text: None)
