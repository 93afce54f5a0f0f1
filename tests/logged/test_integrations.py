"""Callbacks of frameworks, called by trainers with their published interface, and by the real ones if installed."""

from __future__ import annotations

import json
import pickle
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lossboard
from engine.store import open_for_writing
from lossboard import current, shim
from lossboard.integrations import keras, lightning, transformers
from tests.logged import frameworks
from tests.logged.programs import logged
from tests.stores import query, wait_until

MADE = ("LossboardCallback", "LossboardLogger", "LossboardStop")


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a store of its own, and no class that was made from another framework."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOSSBOARD_DB", raising=False)
    monkeypatch.setattr(shim, "_told", set())
    for module in (keras, lightning, transformers):
        for name in MADE:
            vars(module).pop(name, None)
    yield
    for run in current._all():
        run.finish()
    for module in (keras, lightning, transformers):
        for name in MADE:
            vars(module).pop(name, None)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts the frameworks of tests/logged/frameworks.py where the real ones would be."""

    def put(rank: int = 0) -> None:
        for name, module in frameworks.modules(rank).items():
            monkeypatch.setitem(sys.modules, name, module)

    put()
    return put


def stored(folder: Path, *columns: str) -> list[tuple[Any, ...]]:
    return query(folder / "runs.db", f"SELECT {', '.join(columns)} FROM runs ORDER BY run_id")


def evaluations(folder: Path) -> list[tuple[Any, ...]]:
    sql = "SELECT iteration, split, loss, accuracy FROM evaluations ORDER BY iteration, split"
    return query(folder / "runs.db", sql)


def stop_from_the_board(folder: Path, run: lossboard.Run) -> None:
    """Stop a run as the board does, and return once its program has been told."""
    wait_until(lambda: run.number is not None)
    wait_until(lambda: query(folder / "runs.db", "SELECT 1 FROM runs WHERE run_id = ? AND listens", run.number))
    with open_for_writing(folder / "runs.db") as store:
        store.queue.command(run.number or 0, "stop", "")
    wait_until(lambda: run._steered.told)


def test_keras_logs_batches_and_epochs_and_is_stopped(tmp_path: Path, fakes: object) -> None:
    callback: Any = keras.LossboardCallback("net", tags=["a"], config={"lr": 1})
    assert frameworks.KerasCallback in type(callback).mro()
    model = frameworks.KerasModel(SimpleNamespace(get_config=lambda: {"rate": np.float32(0.5)}))
    model.fit(callback, epochs=2)
    model.evaluate(callback)
    stop_from_the_board(tmp_path, callback.run)
    model.fit(callback, epochs=2)
    callback.run.finish()
    assert logged(tmp_path, "train/loss") == {step: 10.0 - step for step in range(1, 8)}
    assert logged(tmp_path, "val/loss") == {3: 8.0, 6: 5.0, 7: 4.0}
    assert (logged(tmp_path, "test/acc"), logged(tmp_path, "epoch")) == ({6: 0.75}, {3: 1.0, 6: 2.0, 7: 1.0})
    assert evaluations(tmp_path) == [
        (3, "validation", 8.0, 0.25), (6, "test", 0.5, 0.75), (6, "validation", 5.0, 0.25),
        (7, "validation", 4.0, 0.25),
    ]  # fmt: skip
    [(name, state, tags, config)] = stored(tmp_path, "name", "state", "tags", "config")
    assert (name, state, tags) == ("net", "cancelled", '["a"]')
    assert json.loads(config) == {"lr": 1, "optimizer": {"rate": 0.5}, "epochs": 2, "steps": 3}


def test_keras_logs_epochs_alone_to_a_run_that_is_given(tmp_path: Path, fakes: object) -> None:
    with lossboard.start("mine") as run:
        frameworks.KerasModel(None).fit(keras.LossboardCallback(run=run, every=0), epochs=2)
    assert logged(tmp_path, "train/loss") == {3: 7.0, 6: 4.0}
    assert stored(tmp_path, "name") == [("mine",)]


def test_transformers_logs_what_its_trainer_logs_and_is_stopped(tmp_path: Path, fakes: object) -> None:
    callback: Any = transformers.LossboardCallback()
    assert frameworks.TrainerCallback in type(callback).mro()
    args = SimpleNamespace(run_name="bert", to_sanitized_dict=lambda: {"lr": 5e-5}, world_size=1)
    trainer = frameworks.TransformersTrainer(callback, args, SimpleNamespace(config={"layers": 2}))
    trainer.train(5)
    stop_from_the_board(tmp_path, callback.run)
    trainer.train(5)
    assert (trainer.state.global_step, trainer.control.should_training_stop) == (6, True)
    callback.run.finish()
    assert logged(tmp_path, "train/loss") == {2: 0.5, 4: 0.25, 6: 1 / 6}
    assert (logged(tmp_path, "val/loss"), logged(tmp_path, "epoch")[2]) == ({5: 0.25, 6: 0.25}, 0.5)
    assert evaluations(tmp_path) == [(5, "validation", 0.25, 0.75), (6, "validation", 0.25, 0.75)]
    [(name, state, config, summary)] = stored(tmp_path, "name", "state", "config", "summary")
    assert (name, state, json.loads(config)) == ("bert", "cancelled", {"lr": 5e-5, "model": {"layers": 2}})
    assert json.loads(summary) == {"train_runtime": 2.0, "train_loss": 0.5, "total_flos": 0.0}


def test_trials_of_a_search_are_runs_and_other_processes_are_silent(tmp_path: Path, fakes: object) -> None:
    args = SimpleNamespace(run_name=None, world_size=2)
    trainer = frameworks.TransformersTrainer(transformers.LossboardCallback(), args, None)
    trainer.state.is_hyper_param_search = True
    for trial in range(2):
        trainer.state.trial_name = f"trial {trial}"
        trainer.train(2)
    frameworks.TransformersTrainer(transformers.LossboardCallback(), args, None, is_first=False).train(2)
    assert stored(tmp_path, "name", "state") == [("trial 0", "finished"), ("trial 1", "finished")]


@pytest.mark.parametrize("processes", [1, 2])
def test_lightning_logs_to_its_logger_and_is_stopped(tmp_path: Path, fakes: object, processes: int) -> None:
    logger: Any = lightning.LossboardLogger("light", group="g")
    stop: Any = lightning.LossboardStop(logger)
    assert frameworks.LightningLogger in type(logger).mro()
    assert frameworks.LightningCallback in type(stop).mro()
    assert (logger.name, logger.version, logger.experiment) == ("light", logger.run.id, logger.run)
    frameworks.LightningTrainer(logger, stop).fit(Namespace(lr=np.float32(0.5)), 3)
    stop_from_the_board(tmp_path, logger.run)
    trainer = frameworks.LightningTrainer(logger, stop, processes)
    trainer.global_step = 10
    trainer.fit({"layers": 2}, 20)
    assert (trainer.should_stop, trainer.global_step) == (True, 11)
    logger.run.finish()
    assert logged(tmp_path, "train_loss") == {0: 1.0, 1: 0.5, 2: 1 / 3, 10: 1 / 11}
    assert evaluations(tmp_path) == [(3, "validation", 0.25, 0.75), (11, "validation", 0.25, 0.75)]
    [(name, group, state, config)] = stored(tmp_path, "name", "run_group", "state", "config")
    assert (name, group, state, json.loads(config)) == ("light", "g", "cancelled", {"lr": 0.5, "layers": 2})


def test_a_failure_in_lightning_fails_its_run_and_other_ranks_are_silent(
    tmp_path: Path, fakes: Callable[..., None]
) -> None:
    logger = lightning.LossboardLogger("light")
    with pytest.raises(RuntimeError):
        frameworks.LightningTrainer(logger, None).fit({}, 1, fails=True)
    fakes(rank=1)
    other = pickle.loads(pickle.dumps(logger))
    other.log_metrics({"train_loss": 1.0}, 0)
    assert other.run is not logger.run
    [(state, reason)] = stored(tmp_path, "state", "reason")
    assert (state, reason[:27]) == ("failed", "RuntimeError: boom (framewo")


def test_nothing_that_is_odd_ends_a_training(tmp_path: Path, fakes: object, capsys: pytest.CaptureFixture[str]) -> None:
    def breaks() -> dict[str, Any]:
        raise OSError("no\nconfig")

    callback = keras.LossboardCallback("odd")
    frameworks.KerasModel(SimpleNamespace(get_config=breaks)).fit(callback, epochs=1)
    for _ in range(2):
        callback.on_epoch_end(0, {"val_loss": "low", "loss": 5.0})
        callback.on_epoch_end(0, 3)
    callback.run.finish()
    assert stored(tmp_path, "state") == [("finished",)]
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == ["lossboard"] * 4
    assert "no config" in told[0]


@pytest.mark.parametrize(
    ("module", "name", "framework"),
    [(keras, "LossboardCallback", "keras"), (transformers, "LossboardCallback", "transformers"),
     (lightning, "LossboardLogger", "lightning"), (lightning, "LossboardStop", "lightning")],
)  # fmt: skip
def test_a_framework_that_is_not_there_is_one_sentence(
    module: Any, name: str, framework: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(), *sys.meta_path])
    for loaded in [each for each in sys.modules if each.partition(".")[0] in NotInstalled.names]:
        monkeypatch.delitem(sys.modules, loaded)
    with pytest.raises(ImportError, match=f"this callback needs {framework}, which is not installed"):
        getattr(module, name)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = module.Nothing


class NotInstalled:
    """A finder for which the frameworks are not installed."""

    names = ("keras", "transformers", "lightning", "pytorch_lightning")

    def find_spec(self, name: str, *_more: Any) -> None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_real_keras_calls_the_callback(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch, which keras computes with here, is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        real = pytest.importorskip("keras", reason="keras is not installed")
    model = real.Sequential([real.layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    callback = keras.LossboardCallback("real")
    x, y = np.ones((8, 3)), np.zeros(8)
    model.fit(x, y, batch_size=2, epochs=2, validation_data=(x, y), callbacks=[callback], verbose=0)
    model.evaluate(x, y, callbacks=[callback], verbose=0)
    callback.run.finish()
    assert list(logged(tmp_path, "train/loss")) == list(range(1, 9))
    assert [row[:2] for row in evaluations(tmp_path)] == [(4, "validation"), (8, "test"), (8, "validation")]


def test_real_transformers_calls_the_callback(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("accelerate", reason="accelerate, which a Trainer needs, is not installed")
    real = pytest.importorskip("transformers", reason="transformers is not installed")

    class Model(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 2)

        def forward(self, x: Any = None, labels: Any = None) -> dict[str, Any]:
            scores = self.layer(x)
            return {"loss": torch.nn.functional.cross_entropy(scores, labels), "logits": scores}

    examples = [{"x": torch.ones(3), "labels": torch.tensor(0)}] * 8
    callback = transformers.LossboardCallback("real")
    args = real.TrainingArguments(
        str(tmp_path / "out"), num_train_epochs=2, per_device_train_batch_size=4, logging_steps=1, save_strategy="no",
        eval_strategy="epoch", disable_tqdm=True, use_cpu=True, report_to=[],
    )  # fmt: skip
    trainer = real.Trainer(Model(), args, train_dataset=examples, eval_dataset=examples, callbacks=[callback])
    trainer.train()
    callback.run.finish()
    assert list(logged(tmp_path, "train/loss")) == [1, 2, 3, 4]
    assert [row[:2] for row in evaluations(tmp_path)] == [(2, "validation"), (4, "validation")]


def test_real_lightning_calls_the_logger(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    real = pytest.importorskip("lightning", reason="lightning is not installed")

    class Module(real.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self, lr: float = 0.1) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(3, 1)

        def training_step(self, batch: Any, _place: int) -> Any:
            loss = self.layer(batch[0]).square().mean()
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch: Any, _place: int) -> None:
            self.log("val_loss", self.layer(batch[0]).square().mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), self.hparams["lr"])

    examples = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(8, 3)), batch_size=2)
    logger = lightning.LossboardLogger("real")
    trainer = real.Trainer(
        max_epochs=2, logger=logger, callbacks=[lightning.LossboardStop(logger)], log_every_n_steps=1,
        accelerator="cpu", enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Module(), examples, examples)
    logger.run.finish()
    assert list(logged(tmp_path, "train_loss")) == list(range(8))
    assert [row[:2] for row in evaluations(tmp_path)] == [(3, "validation"), (7, "validation")]
    assert stored(tmp_path, "config") == [('{"lr": 0.1}',)]
