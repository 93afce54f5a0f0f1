"""Training frameworks as far as their callbacks see them: their published classes, and trainers that call in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import ModuleType, SimpleNamespace
from typing import Any


class KerasCallback:
    """keras.callbacks.Callback: https://keras.io/guides/writing_your_own_callbacks/"""

    def __init__(self) -> None:
        self.params: Any = None
        self._model: Any = None

    @property
    def model(self) -> Any:
        return self._model

    def set_params(self, params: Any) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    def on_train_begin(self, logs: Any = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None: ...
    def on_test_begin(self, logs: Any = None) -> None: ...
    def on_test_end(self, logs: Any = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...
    def on_train_end(self, logs: Any = None) -> None: ...


class KerasModel:
    """`fit` and `evaluate` of a keras.Model with 3 batches an epoch; the loss falls by one a batch, from 9."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer, self.stop_training, self.loss = optimizer, False, 10.0

    def fit(self, callback: Any, epochs: int) -> None:
        callback.set_model(self)
        callback.set_params({"verbose": 0, "epochs": epochs, "steps": 3})
        self.stop_training = False
        callback.on_train_begin()
        for epoch in range(epochs):
            callback.on_epoch_begin(epoch)
            for batch in range(3):
                callback.on_train_batch_begin(batch)
                self.loss -= 1
                logs: dict[str, Any] = {"loss": self.loss, "accuracy": 0.5}
                callback.on_train_batch_end(batch, logs)
                if self.stop_training:
                    break
            callback.on_test_begin()
            callback.on_test_end({"loss": self.loss + 1, "accuracy": 0.25})
            callback.on_epoch_end(epoch, {**logs, "val_loss": self.loss + 1, "val_accuracy": 0.25})
            if self.stop_training:
                break
        callback.on_train_end(logs)

    def evaluate(self, callback: Any) -> None:
        callback.on_test_begin()
        callback.on_test_end({"loss": 0.5, "acc": 0.75})


class TrainerCallback:
    """transformers.TrainerCallback: https://huggingface.co/docs/transformers/main_classes/callback"""

    def on_init_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...


class TransformersTrainer:
    """A transformers.Trainer that logs each second step and evaluates at the end."""

    def __init__(self, callback: Any, args: Any, model: Any, *, is_first: bool = True) -> None:
        self.callback, self.args, self.model = callback, args, model
        self.state = SimpleNamespace(
            global_step=0, is_world_process_zero=is_first, is_hyper_param_search=False, trial_name=None
        )
        self.control = SimpleNamespace(should_training_stop=False)
        self._call("on_init_end")

    def _call(self, event: str, **kwargs: Any) -> None:
        getattr(self.callback, event)(self.args, self.state, self.control, model=self.model, **kwargs)

    def train(self, steps: int) -> None:
        self._call("on_train_begin")
        for _ in range(steps):
            self._call("on_step_begin")
            self.state.global_step += 1
            self._call("on_step_end")
            if self.state.global_step % 2 == 0:
                self._call("on_log", logs={"loss": 1.0 / self.state.global_step, "learning_rate": 5e-5, "epoch": 0.5})
            if self.control.should_training_stop:
                break
        metrics = {"eval_loss": 0.25, "eval_accuracy": 0.75, "eval_runtime": 1.0, "epoch": 1.0}
        self._call("on_log", logs=metrics)
        self._call("on_evaluate", metrics=metrics)
        self._call("on_log", logs={"train_runtime": 2.0, "train_loss": 0.5, "total_flos": 0.0, "epoch": 1.0})
        self._call("on_train_end")


class LightningLogger(ABC):
    """lightning.pytorch.loggers.Logger: https://lightning.ai/docs/pytorch/stable/extensions/logging.html"""

    @property
    @abstractmethod
    def name(self) -> str | None: ...

    @property
    @abstractmethod
    def version(self) -> int | str | None: ...

    @property
    def save_dir(self) -> str | None:
        return None

    @abstractmethod
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None: ...

    @abstractmethod
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None: ...

    def log_graph(self, model: Any, input_array: Any = None) -> None:
        return

    def save(self) -> None:
        return

    def finalize(self, status: str) -> None:
        return


class LightningCallback:
    """lightning.pytorch.callbacks.Callback."""

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None: ...


class LightningTrainer:
    """A lightning.Trainer with one process, or with several that all agree with the first."""

    def __init__(self, logger: Any, callback: Any, world_size: int = 1) -> None:
        self.logger, self.callback, self.world_size = logger, callback, world_size
        self.strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, **_how: decision)
        self.should_stop, self.global_step = False, 0

    def fit(self, hyperparameters: Any, steps: int, fails: bool = False) -> None:
        self.logger.log_hyperparams(hyperparameters)
        self.logger.log_graph(None)
        self.logger.save()
        try:
            while self.global_step < steps and not self.should_stop:
                if fails:
                    raise RuntimeError("boom")
                self.logger.log_metrics({"train_loss": 1.0 / (1 + self.global_step), "epoch": 0}, self.global_step)
                self.global_step += 1
                self.callback.on_train_batch_end(self, None, None, None, self.global_step - 1)
        except RuntimeError:
            self.logger.finalize("failed")
            raise
        self.logger.log_metrics({"val_loss": 0.25, "val_acc": 0.75}, self.global_step)
        self.logger.save()
        self.logger.finalize("success")


def modules(rank: int = 0) -> dict[str, ModuleType]:
    """The frameworks' modules that callbacks import, by name, with these classes; `rank` is Lightning's."""
    contents: dict[str, dict[str, Any]] = {
        "keras": {},
        "keras.callbacks": {"Callback": KerasCallback},
        "transformers": {"TrainerCallback": TrainerCallback},
        "lightning": {},
        "lightning.pytorch": {},
        "lightning.pytorch.loggers": {"Logger": LightningLogger},
        "lightning.pytorch.callbacks": {"Callback": LightningCallback},
        "lightning.fabric": {},
        "lightning.fabric.utilities": {},
        "lightning.fabric.utilities.rank_zero": {"rank_zero_only": SimpleNamespace(rank=rank)},
    }
    made = {name: ModuleType(name) for name in contents}
    for name, module in made.items():
        module.__dict__.update(contents[name])
    return made
