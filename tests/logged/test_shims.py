"""Programs that were written for TensorBoard, W&B or trackio, and what the store has of them."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lossboard.wandb as wandb
from lossboard import current, shim
from lossboard.tensorboard import SummaryWriter
from tests.logged.programs import ROOT, logged, ran
from tests.stores import query


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a store of its own, nothing told yet; what is left open is ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOSSBOARD_DB", raising=False)
    monkeypatch.setattr(shim, "_told", set())
    monkeypatch.setattr(wandb, "_newest", None)
    yield
    for run in current._all():
        run.finish()
    current._beside.clear()


def stored(folder: Path, *columns: str) -> list[tuple[Any, ...]]:
    return query(folder / "runs.db", f"SELECT {', '.join(columns)} FROM runs ORDER BY name")


def marks(folder: Path) -> list[tuple[int, str]]:
    return query(folder / "runs.db", "SELECT applied_at_iteration, outcome FROM commands WHERE verb = 'mark'")


# torch.utils.tensorboard, as documented: https://docs.pytorch.org/docs/stable/tensorboard.html
SIGNATURES = """
SummaryWriter(log_dir=None, comment='', purge_step=None, max_queue=10, flush_secs=120, filename_suffix='')
add_audio(tag, snd_tensor, global_step=None, sample_rate=44100, walltime=None)
add_custom_scalars(layout)
add_custom_scalars_marginchart(tags, category='default', title='untitled')
add_custom_scalars_multilinechart(tags, category='default', title='untitled')
add_embedding(mat, metadata=None, label_img=None, global_step=None, tag='default', metadata_header=None)
add_figure(tag, figure, global_step=None, close=True, walltime=None)
add_graph(model, input_to_model=None, verbose=False, use_strict_trace=True)
add_histogram(tag, values, global_step=None, bins='tensorflow', walltime=None, max_bins=None)
add_histogram_raw(tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts, global_step=None, walltime=None)
add_hparams(hparam_dict, metric_dict, hparam_domain_discrete=None, run_name=None, global_step=None)
add_image(tag, img_tensor, global_step=None, walltime=None, dataformats='CHW')
add_image_with_boxes(tag, img_tensor, box_tensor, global_step=None, walltime=None, rescale=1, dataformats='CHW', \
labels=None)
add_images(tag, img_tensor, global_step=None, walltime=None, dataformats='NCHW')
add_mesh(tag, vertices, colors=None, faces=None, config_dict=None, global_step=None, walltime=None)
add_onnx_graph(prototxt)
add_pr_curve(tag, labels, predictions, global_step=None, num_thresholds=127, weights=None, walltime=None)
add_pr_curve_raw(tag, true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts, \
precision, recall, global_step=None, num_thresholds=127, weights=None, walltime=None)
add_scalar(tag, scalar_value, global_step=None, walltime=None, new_style=False, double_precision=False)
add_scalars(main_tag, tag_scalar_dict, global_step=None, walltime=None)
add_tensor(tag, tensor, global_step=None, walltime=None)
add_text(tag, text_string, global_step=None, walltime=None)
add_video(tag, vid_tensor, global_step=None, fps=4, walltime=None)
close()
flush()
get_logdir()
"""


def signatures_of(writer: type) -> set[str]:
    """`name(parameters)` of a class and of its public methods, without annotations."""

    def signature(name: str, call: Any) -> str:
        parameters = inspect.signature(call).parameters.values()
        plain = [each.replace(annotation=each.empty) for each in parameters if each.name != "self"]
        return f"{name}{inspect.Signature(plain)}"

    methods = {name: each for name, each in vars(writer).items() if inspect.isfunction(each) and name[0] != "_"}
    return {signature(name, each) for name, each in methods.items()} | {signature("SummaryWriter", writer)}


def test_the_writer_is_called_as_documented() -> None:
    assert signatures_of(SummaryWriter) == set(SIGNATURES.strip().splitlines())


def test_the_writer_is_called_as_torch_has_it() -> None:
    torch = pytest.importorskip("torch.utils.tensorboard", reason="torch or tensorboard is not installed")
    assert signatures_of(SummaryWriter) == signatures_of(torch.SummaryWriter)


def test_two_writers_are_two_runs_of_a_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, val = SummaryWriter("runs/net/train"), SummaryWriter(log_dir=tmp_path / "runs" / "net" / "val")
    for step in range(3):
        train.add_scalar("loss", np.float32(step), step)
        val.add_scalar("loss", step * 10, global_step=np.int64(step), walltime=1.0)
    train.add_scalar("counted", 1)
    train.add_scalar("counted", 2)
    train.add_scalars("both", {"a": 1.0, "b": 2.0}, 7)
    train.add_text("sample", "the\ncat", 2)
    train.add_hparams({"lr": np.float32(0.5), "net": "mlp"}, {"hparam/acc": np.float64(0.25)}, global_step=2)
    train.add_scalar("loss", "high", 9)
    train.add_scalar("loss", 9.0, "late")  # type: ignore[arg-type]
    train.add_text("sample", "dog", "late")  # type: ignore[arg-type]
    train.flush()
    train.close()
    train.add_scalar("loss", 3.0, 3)  # as torch's, which opens again
    train.close()
    with pytest.raises(ZeroDivisionError), val:
        val.add_scalar("loss", 1 / 0)
    assert stored(tmp_path, "name", "run_group", "state") == [
        ("net/train", "net", "finished"),
        ("net/val", "net", "failed"),
    ]
    ours, theirs = (run.number or 0 for run in (train._run, val._run))
    assert logged(tmp_path, "loss", ours) == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}
    assert logged(tmp_path, "loss", theirs) == {0: 0.0, 1: 10.0, 2: 20.0}
    assert logged(tmp_path, "counted", ours) == {0: 1.0, 1: 2.0}
    assert logged(tmp_path, "both/b", ours) == {7: 2.0}
    assert (logged(tmp_path, "hparam/acc", ours), marks(tmp_path)) == ({2: 0.25}, [(2, "sample: the cat")])
    config, summary = stored(tmp_path, "config", "summary")[0]
    assert (json.loads(config), json.loads(summary)) == ({"lr": 0.5, "net": "mlp"}, {"hparam/acc": 0.25})
    told = capsys.readouterr().err
    assert told.count("walltime is not kept") == 1
    assert all(line.startswith("lossboard: ") for line in told.splitlines())


def test_what_a_writer_does_not_keep_is_told_once_a_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    closed: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "matplotlib.pyplot", SimpleNamespace(close=closed.append))
        with SummaryWriter(comment="_lr_0.1") as writer:
            for line in SIGNATURES.strip().splitlines():
                call = ast.parse(line).body[0].value  # type: ignore[attr-defined]
                name = call.func.id
                if name.startswith("add_") and name not in ("add_scalar", "add_scalars", "add_text", "add_hparams"):
                    needed = [each for each in call.args if not isinstance(each, ast.keyword)]
                    for _ in range(2):
                        getattr(writer, name)(*[None] * len(needed))
            writer.add_figure("figures", ["one", "two"])
            writer.add_figure("figures", "three", close=False)
            writer.add_something_new(1, now=2)
            assert not Path(writer._log_dir).exists()
            assert Path(writer.log_dir).is_dir()
            assert not hasattr(writer, "other")
    assert closed == [None, None, "one", "two"]
    told = [line.partition(": ")[2].partition(" are not kept")[0] for line in capsys.readouterr().err.splitlines()]
    assert sorted(told) == [
        "chart layouts", "embeddings", "figures", "graphs", "histograms", "images", "meshes",
        "precision-recall curves", "sounds", "tensors", "values of add_something_new", "videos",
    ]  # fmt: skip
    assert stored(tmp_path, "name", "state") == [("lr_0.1", "finished")]


def test_a_program_of_wandb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert wandb.run is None
    with pytest.raises(wandb.UsageError, match=r"call wandb.init\(\) before wandb.config"):
        _ = wandb.config.lr
    wandb.login()
    run = wandb.init(
        project="p", entity="e", name="net", group="g", tags=["a"], notes="n", job_type="train", save_code=True,
        config=SimpleNamespace(lr=np.float32(0.5), net={"width": 3}), config_exclude_keys=["net"],
        settings=wandb.Settings(console="off"),
    )  # fmt: skip
    assert wandb.run is run
    wandb.config.batch = 64
    wandb.config["seed"] = 1
    wandb.config.update({"lr": 0.25}, allow_val_change=True)
    wandb.config.setdefaults({"lr": 9, "epochs": 2})
    assert (wandb.config.lr, run.config["batch"], wandb.config.get("none"), dict(**run.config)["seed"]) == (
        0.25, 64, None, 1,
    )  # fmt: skip
    wandb.define_metric("val/*", step_metric="epoch")
    wandb.watch(object(), log="all")
    for step in range(3):
        wandb.log({"loss": step, "picture": wandb.Image(None), "many": [wandb.Image(None)]})
    wandb.log({"val": {"loss": np.float32(5.0)}}, step=10)
    assert type(wandb.summary["val/loss"]) is float
    wandb.log({"held": 1}, commit=False)
    wandb.log({"loss": 7.0, "table": wandb.Table(columns=["a"], data=[[1]]), "p": wandb.plot.line(1, 2, title="x")})
    table = wandb.Table(columns=["a"])
    table.add_data(1)
    with wandb.Artifact("weights", type="model").new_file("a") as file:
        file.write("text")
    wandb.log_artifact("weights.pt")
    wandb.save("model.pt")
    wandb.alert(title="low", text="loss is low", level=wandb.AlertLevel.WARN)
    wandb.log(3)
    assert (wandb.summary["loss"], run.summary.get("none"), run.step) == (7.0, None, 12)
    wandb.summary["best"] = np.float64(0.5)
    run.name = "other"
    assert wandb.init() is run
    wandb.finish()
    wandb.finish()
    wandb.log({"loss": 100})
    assert wandb.run is None
    assert stored(tmp_path, "name", "project", "run_group", "note", "state", "tags") == [
        ("other", "p", "g", "n", "finished", '["a", "train"]')
    ]
    config, summary = stored(tmp_path, "config", "summary")[0]
    assert json.loads(config) == {"lr": 0.25, "batch": 64, "seed": 1, "epochs": 2}
    assert json.loads(summary) == {"best": 0.5}
    assert logged(tmp_path) == {0: 0.0, 1: 1.0, 2: 2.0, 11: 7.0}
    assert (logged(tmp_path, "val/loss"), logged(tmp_path, "held")) == ({10: 5.0}, {11: 1.0})
    assert marks(tmp_path) == [(12, "low: loss is low")]
    told = capsys.readouterr().err.splitlines()
    kinds = [line.split(" are not kept")[0].removeprefix("lossboard: ") for line in told if "are not kept" in line]
    assert sorted(kinds) == [
        "artifacts", "files", "gradients and weights of watched models", "images", "plots", "tables",
    ]  # fmt: skip
    assert len(told) == len(set(told))
    assert sum("save_code" in line for line in told) == 1


def test_runs_of_wandb_follow_each_other_or_stand_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_NAME", "named")
    monkeypatch.setenv("WANDB_TAGS", "a,b")
    first = wandb.init(id="net")
    first.log({"loss": 1.0})
    second = wandb.init(name="beside", tags=[], reinit="create_new")
    assert wandb.run is first
    wandb.log({"loss": 2.0})
    second.log({"loss": 3.0})
    with pytest.raises(ZeroDivisionError), second:
        second.log({"loss": 1 / 0})
    first.finish(3)
    with wandb.init(id="net", resume="allow") as again:
        again.log({"loss": 4.0}, step=9)
        assert again.resumed
    assert wandb.run is None
    assert stored(tmp_path, "name", "state", "tags") == [("beside", "failed", ""), ("named", "finished", '["a", "b"]')]
    assert logged(tmp_path, "loss", first._logged.number or 0) == {0: 1.0, 1: 2.0, 9: 4.0}
    assert logged(tmp_path, "loss", second._logged.number or 0) == {0: 3.0}


def test_a_program_of_trackio(tmp_path: Path) -> None:
    trackio = importlib.import_module("lossboard.wandb")
    for seed in range(2):
        run = trackio.init("digits", f"seed {seed}", config={"seed": seed}, space_id="me/space", resume="never")
        trackio.log({"train": {"loss": 1.0}})
        trackio.log_system({"cpu": 0.25})
        trackio.log({"train": {"loss": 0.75}})
        trackio.log({"train": {"loss": 0.5 + seed}}, step=4)
        trackio.log_system({"cpu": 0.5})
        trackio.alert("done", level=trackio.AlertLevel.INFO)
    trackio.finish()
    assert run.config.seed == 1
    assert stored(tmp_path, "name", "project", "config", "state") == [
        ("seed 0", "digits", '{"seed": 0}', "finished"),
        ("seed 1", "digits", '{"seed": 1}', "finished"),
    ]
    assert logged(tmp_path, "train/loss", 2) == {0: 1.0, 1: 0.75, 4: 1.5}
    assert logged(tmp_path, "system/cpu", 2) == {1: 0.25, 5: 0.5}


@pytest.mark.parametrize("how", ["mode", "WANDB_MODE", "settings"])
def test_a_disabled_run_of_wandb_does_nothing(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "WANDB_MODE":
        monkeypatch.setenv("WANDB_MODE", "disabled")
    given: Any = {"mode": {"mode": "disabled"}, "settings": {"settings": {"mode": "disabled"}}}.get(how, {})
    with wandb.init(config={"lr": 1}, **given) as run:
        run.log({"loss": 1.0})
        wandb.config.lr = 2
        assert (wandb.config.lr, wandb.summary["loss"], run.disabled) == (2, 1.0, True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: wandb.init(mode="onlin"), "mode: give one of online, offline"),
        (lambda: wandb.init(resume="must"), "needs the id of the run"),
        (lambda: wandb.init(resume="yes", id="a"), "resume: give one of never, allow, must, not 'yes'"),
        (lambda: wandb.init(config="config.yaml"), "config: give a dictionary"),
        (lambda: wandb.init(tags=[1]), "tags: give text, not int"),
        (lambda: wandb.log({"loss": 1}), r"call wandb.init\(\) before wandb.log\(\)"),
        (lambda: wandb.watch(1), r"call wandb.init\(\) before wandb.watch\(\)"),
        (lambda: wandb.sweep({}), "sweeps are started with `lossboard sweep`"),
        (lambda: wandb.nothing, "lossboard.wandb has no 'nothing'"),
    ],
)
def test_a_wrong_call_is_one_sentence(call: Any, sentence: str) -> None:
    with pytest.raises((ValueError, TypeError, wandb.Error, AttributeError), match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_what_wandb_is_called_with_is_known() -> None:
    real = pytest.importorskip("wandb", reason="wandb is not installed")
    known = {*inspect.signature(wandb.init).parameters, *wandb.OF_SERVERS}
    without_effect = {"fork_from", "monitor_gym", "resume_from", "save_code", "sync_tensorboard", "tensorboard"}
    assert set(inspect.signature(real.init).parameters) - known == without_effect
    for name in ("log", "finish", "define_metric"):
        ours = list(inspect.signature(getattr(wandb.Run, name)).parameters)
        theirs = list(inspect.signature(getattr(real.Run, name)).parameters)
        assert ours[: len(theirs)] == theirs, name
    methods = {name for name, each in vars(real.Run).items() if inspect.isfunction(each) and name[0] != "_"}
    seldom = {"display", "to_html", "status", "pin_config_keys", "finish_artifact", "upsert_artifact", "write_logs"}
    assert {name for name in methods if not hasattr(wandb.Run, name)} <= seldom


def test_what_trackio_is_called_with_is_known() -> None:
    real = pytest.importorskip("trackio", reason="trackio is not installed")
    theirs = list(inspect.signature(real.init).parameters)
    assert list(inspect.signature(wandb.init).parameters)[:3] == theirs[:3]
    assert set(theirs) <= {*inspect.signature(wandb.init).parameters, *wandb.OF_SERVERS}


def test_shims_load_nothing_of_ours_but_what_logs() -> None:
    names = [f"lossboard.{name}" for name in ("tensorboard", "wandb", "integrations.keras", "integrations.lightning",
                                              "integrations.transformers")]  # fmt: skip
    loaded = "sys.modules.keys() & {'engine', 'tui', 'numpy', 'sqlite3', 'typing', 'torch', 'keras', 'lightning'}"
    program = f"import sys\nimport {', '.join(names)}\nprint({loaded})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_child_after_a_run_has_ended_has_its_files_open(tmp_path: Path) -> None:
    text = """
        import os
        from lossboard.tensorboard import SummaryWriter
        for name in "ab":
            SummaryWriter(f"runs/{name}").close()
        files = [os.open("/dev/null", os.O_RDONLY) for _ in range(9)]
        child = os.fork()
        if child == 0:
            for file in files:
                os.fstat(file)
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert ran(tmp_path, text) == (0, "7\n", "")


def test_a_program_that_closes_nothing_ends_all_its_runs(tmp_path: Path) -> None:
    text = """
        from lossboard.tensorboard import SummaryWriter
        writers = [SummaryWriter(f"runs/{name}") for name in "ab"]
        for writer in writers:
            writer.add_scalar("loss", 1.0, 0)
        1 / 0
    """
    code, _, errors = ran(tmp_path, text)
    assert (code, errors.splitlines()[-1]) == (1, "ZeroDivisionError: division by zero")
    reason = "ZeroDivisionError: division by zero (train.py, line 6)"
    assert sorted(stored(tmp_path, "name", "state", "reason")) == [("a", "failed", reason), ("b", "failed", reason)]
    assert (logged(tmp_path), logged(tmp_path, run_id=2)) == ({0: 1.0}, {0: 1.0})
