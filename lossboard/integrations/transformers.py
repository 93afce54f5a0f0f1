"""Transformers: LossboardCallback for the callbacks of a Trainer."""

from __future__ import annotations

from lossboard.integrations.own_run import OwnRun, framework, lazily, without_prefix
from lossboard.shim import quiet, tell_once

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ONCE = ("train_runtime", "train_samples_per_second", "train_steps_per_second", "train_loss", "total_flos")
"""What is told of a training as a whole."""

SPLITS = {"eval_": "val", "test_": "test"}


class TransformersPart(OwnRun):
    """Logs what the Trainer logs, as `train/...`, `val/...` and `test/...` over its steps; a stop ends the training.

    Arguments are those of `lossboard.start`, and `run` to log to a run of yours.
    """

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Begin the run in the first process, one for each trial of a hyperparameter search."""
        if not state.is_world_process_zero:
            self._options["mode"] = "disabled"
        if getattr(state, "is_hyper_param_search", False) and self._run is not None:
            self._run.finish()
            self._run = None
        self._begin(getattr(state, "trial_name", None) or getattr(args, "run_name", None))
        self._configure({**(_config(args) or {}), **(_model_config(model) or {})})

    @quiet
    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Log what the Trainer logs."""
        told = {name: value for name, value in (logs or {}).items() if not isinstance(value, str)}
        whole = {name: told.pop(name) for name in ONCE if name in told}
        if whole:
            self.run.summary.update(whole)
        if told:
            self.run.log(dict(_named(name, value) for name, value in told.items()), step=state.global_step)

    @quiet
    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Tell the evaluation that the run is ranked by."""
        self._evaluate("val", without_prefix(metrics or {}, "eval_"), state.global_step)

    @quiet
    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Hear what the board tells."""
        if self.run.should_stop:
            if getattr(args, "world_size", 1) > 1:
                tell_once("a stop is not obeyed while several processes train together")
            else:
                control.should_training_stop = True


def _named(name: str, value: Any) -> tuple[str, Any]:
    for prefix, split in SPLITS.items():
        if name.startswith(prefix):
            return f"{split}/{name.removeprefix(prefix)}", value
    return (name if name == "epoch" else f"train/{name}"), value


@quiet
def _config(args: Any) -> dict[str, Any]:
    return dict(args.to_sanitized_dict() if hasattr(args, "to_sanitized_dict") else vars(args))


@quiet
def _model_config(model: Any) -> dict[str, Any]:
    config = getattr(model, "config", None)
    return {} if config is None else {"model": config.to_dict() if hasattr(config, "to_dict") else dict(config)}


__getattr__ = lazily(
    globals(), {"LossboardCallback": lambda: (TransformersPart, framework("transformers").TrainerCallback)}
)
