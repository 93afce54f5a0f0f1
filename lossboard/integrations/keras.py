"""Keras: LossboardCallback for the callbacks of `model.fit`, `model.evaluate`."""

from __future__ import annotations

from lossboard.integrations.own_run import OwnRun, framework, lazily, without_prefix
from lossboard.shim import quiet

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class KerasPart(OwnRun):
    """Logs `train/...` at batches and `val/...` at epochs, over the batches trained so far; a stop ends the training.

    Arguments are those of `lossboard.start`, `run` to log to a run of yours, and `every`: batches between two logs, 0
    for epochs alone. What Keras tells of a batch is its mean over the epoch so far.
    """

    model: Any
    params: Any

    def __init__(self, name: str | None = None, *, every: int = 1, **options: Any) -> None:
        super().__init__(name, **options)
        self.every = every
        self._batches = 0
        self._trains = False

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin the run."""
        self._begin()
        self._trains = True
        self._configure(_config(self.model, self.params) or {})

    @quiet
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log a batch, and hear what the board tells."""
        self._batches += 1
        if self.every and self._batches % self.every == 0:
            self.run.log({"train": logs or {}}, step=self._batches)
        if self.run.should_stop:
            self.model.stop_training = True

    @quiet
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log an epoch; its validation is what the run is ranked by."""
        validation = without_prefix(logs or {}, "val_")
        train = {name: value for name, value in (logs or {}).items() if not name.startswith("val_")}
        self.run.log({"train": train, "val": validation, "epoch": epoch + 1}, step=self._batches)
        self._evaluate("val", validation, self._batches)

    @quiet
    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """The run stays open: more training may follow."""
        self._trains = False

    @quiet
    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Log `model.evaluate` as `test/...`; the validation of an epoch comes with the epoch."""
        if not self._trains:
            self.run.log({"test": logs or {}}, step=self._batches)
            self._evaluate("test", logs or {}, self._batches)


@quiet
def _config(model: Any, params: Any) -> dict[str, Any]:
    optimizer = getattr(model, "optimizer", None)
    told = {} if optimizer is None else {"optimizer": optimizer.get_config()}
    return {**told, **{key: value for key, value in (params or {}).items() if key in ("epochs", "steps")}}


__getattr__ = lazily(globals(), {"LossboardCallback": lambda: (KerasPart, framework("keras.callbacks").Callback)})
