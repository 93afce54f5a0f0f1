"""Lightning: LossboardLogger for the logger of a Trainer, and LossboardStop, the callback that hears a stop."""

from __future__ import annotations

import sys

from lossboard.integrations.own_run import OwnRun, framework, lazily, without_prefix
from lossboard.shim import plain, quiet
from lossboard.values import config_of

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from lossboard.run import Run

SPLITS = ("val", "test")


class LoggerPart(OwnRun):
    """Logs what a LightningModule logs, under its names, over the trainer's steps.

    Arguments are those of `lossboard.start`, and `run` to log to a run of yours. Processes of another rank than 0 are
    silent.
    """

    @property
    def run(self) -> Run:
        """The run, silent in all processes but the first."""
        if self._run is None and _rank():
            self._options["mode"] = "disabled"
        return super().run

    experiment = run

    @property
    def name(self) -> str:
        """The run's name, in the paths of checkpoints."""
        return self.run.name

    @property
    def version(self) -> str:
        """The run's id, in the paths of checkpoints."""
        return self.run.id

    @quiet
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log numbers at a step of the trainer; `val_loss` or `val/loss` is what the run is ranked by."""
        self.run.log(metrics, step=step)
        for split in SPLITS:
            for separator in "_/":
                self._evaluate(split, without_prefix(metrics, f"{split}{separator}"), step)

    @quiet
    def log_hyperparams(self, params: Any, *_args: Any, **_kwargs: Any) -> None:
        """Add hyperparameters to the config."""
        self.run.config.update(plain(config_of(params)))

    @quiet
    def finalize(self, status: str) -> None:
        """End the run with what went wrong; after a success it stays open, since a test may follow."""
        if status != "success" and self._run is not None:
            kind, error, trace = sys.exc_info()
            self._run.finish(1) if error is None else self._run.__exit__(kind, error, trace)


class StopPart:
    """Ends the training when the board has stopped the run of a logger; give it the same logger as the trainer."""

    def __init__(self, logger: LoggerPart) -> None:
        super().__init__()
        self.logger = logger

    def on_train_batch_end(self, trainer: Any, *_args: Any, **_kwargs: Any) -> None:
        """Hear what the board tells; processes that train together agree first."""
        should_stop = bool(quiet(lambda: self.logger.run.should_stop)())
        if trainer.world_size > 1:
            should_stop = trainer.strategy.reduce_boolean_decision(should_stop, all=False)
        if should_stop:
            trainer.should_stop = True


def _rank() -> int:
    """The rank of this process, as Lightning counts it."""
    utilities = framework("lightning.fabric.utilities.rank_zero", "lightning_fabric.utilities.rank_zero")
    return int(getattr(utilities.rank_zero_only, "rank", 0) or 0)


PACKAGES = ("lightning.pytorch", "pytorch_lightning")

__getattr__ = lazily(
    globals(),
    {
        "LossboardLogger": lambda: (LoggerPart, framework(*(f"{each}.loggers" for each in PACKAGES)).Logger),
        "LossboardStop": lambda: (StopPart, framework(*(f"{each}.callbacks" for each in PACKAGES)).Callback),
    },
)
