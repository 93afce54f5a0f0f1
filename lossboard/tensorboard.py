"""TensorBoard: SummaryWriter as of torch.utils.tensorboard, into the store: change the import, keep the program.

Scalars, hyperparameters and texts are kept; what is no number is told once a kind and dropped.
"""

from __future__ import annotations

import os
import sys
import time

from lossboard.current import start
from lossboard.shim import drop, plain, quiet, tell_once

TYPE_CHECKING = False  # imported by type checkers alone: typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any, Self, SupportsInt

LONGEST_TEXT = 300
"""Characters of a text that its mark has."""

OWN_TIME = "walltime is not kept: a value has the time at which it was logged"


class SummaryWriter:
    """A run, with the methods of torch.utils.tensorboard.SummaryWriter; several may be open at once.

    The run's name is its folder's, without `runs/`; without a folder it is the comment, else the program. Values
    without a step are counted, each tag by itself.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        self.purge_step, self.max_queue, self.flush_secs = purge_step, max_queue, flush_secs
        self.filename_suffix = filename_suffix
        if purge_step is not None:
            tell_once(
                "purge_step is not used: this is a new run; lossboard.start(id=..., resume='allow') goes on with one"
            )
        name, group = _names(os.fspath(log_dir)) if log_dir else (comment.strip("_- ") or None, None)
        self._log_dir = (
            os.fspath(log_dir) if log_dir else os.path.join("runs", time.strftime("%b%d_%H-%M-%S") + comment)
        )
        self._next_steps: dict[str, int] = {}
        self._is_closed = False
        self._again: dict[str, Any] = {"name": name, "group": group}
        self._run = start(**self._again, beside=True)

    @property
    def log_dir(self) -> str:
        """The folder, made when it is asked for: programs put files of their own there."""
        _make_folder(self._log_dir)
        return self._log_dir

    def get_logdir(self) -> str:
        """The folder, made when it is asked for."""
        return self.log_dir

    @quiet
    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: SupportsInt | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Log a number under a tag."""
        self._log({tag: scalar_value}, tag, global_step, walltime)

    @quiet
    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: SupportsInt | None = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers, as metrics `main_tag/tag`."""
        self._log({main_tag: tag_scalar_dict}, main_tag, global_step, walltime)

    @quiet
    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Any] | None = None,
        run_name: str | None = None,
        global_step: SupportsInt | None = None,
    ) -> None:
        """Add hyperparameters to the config, and metrics to the summary and the curves."""
        self._open().config.update(plain(hparam_dict))
        self._run.summary.update(plain(metric_dict))
        self._log(metric_dict, "hparams", global_step, None)

    @quiet
    def add_text(
        self, tag: str, text_string: str, global_step: SupportsInt | None = None, walltime: float | None = None
    ) -> None:
        """Mark the step with the beginning of a text."""
        text = " ".join(f"{tag}: {text_string}".split())
        self._open().mark(text[:LONGEST_TEXT], step=None if global_step is None else int(global_step))

    def flush(self) -> None:
        """Nothing: what was logged outlives the program already."""

    @quiet
    def close(self) -> None:
        """End the run; what is added later goes on with it."""
        self._is_closed = True
        self._run.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self._is_closed = True
        self._run.__exit__(exc_type, exc_val, exc_tb)

    def _open(self) -> Any:
        if self._is_closed:
            self._is_closed = False
            self._run = start(**self._again, id=self._run.id, resume="allow", beside=True)
        return self._run

    def _log(self, values: Mapping[str, Any], tag: str, step: SupportsInt | None, walltime: float | None) -> None:
        if walltime is not None:
            tell_once(OWN_TIME)
        if step is None:
            step = self._next_steps.get(tag, 0)
            self._next_steps[tag] = step + 1
        self._open().log(values, step=int(step))

    def add_tensor(self, tag: Any, tensor: Any, global_step: Any = None, walltime: Any = None) -> None:
        """Dropped."""
        drop("tensors")

    def add_histogram(
        self, tag: Any, values: Any, global_step: Any = None, bins: Any = "tensorflow", walltime: Any = None,
        max_bins: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("histograms")

    def add_histogram_raw(
        self, tag: Any, min: Any, max: Any, num: Any, sum: Any, sum_squares: Any, bucket_limits: Any,  # noqa: A002
        bucket_counts: Any, global_step: Any = None, walltime: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("histograms")

    def add_image(
        self, tag: Any, img_tensor: Any, global_step: Any = None, walltime: Any = None, dataformats: Any = "CHW"
    ) -> None:
        """Dropped."""
        drop("images")

    def add_images(
        self, tag: Any, img_tensor: Any, global_step: Any = None, walltime: Any = None, dataformats: Any = "NCHW"
    ) -> None:
        """Dropped."""
        drop("images")

    def add_image_with_boxes(
        self, tag: Any, img_tensor: Any, box_tensor: Any, global_step: Any = None, walltime: Any = None,
        rescale: Any = 1, dataformats: Any = "CHW", labels: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("images")

    @quiet
    def add_figure(
        self, tag: Any, figure: Any, global_step: Any = None, close: bool = True, walltime: Any = None
    ) -> None:
        """Dropped, and closed as the caller expects, since open figures fill the memory."""
        drop("figures")
        plots = sys.modules.get("matplotlib.pyplot")
        if close and plots is not None:
            for each in figure if isinstance(figure, list) else [figure]:
                plots.close(each)

    def add_video(self, tag: Any, vid_tensor: Any, global_step: Any = None, fps: Any = 4, walltime: Any = None) -> None:
        """Dropped."""
        drop("videos")

    def add_audio(
        self, tag: Any, snd_tensor: Any, global_step: Any = None, sample_rate: Any = 44100, walltime: Any = None
    ) -> None:
        """Dropped."""
        drop("sounds")

    def add_onnx_graph(self, prototxt: Any) -> None:
        """Dropped."""
        drop("graphs")

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: Any = False, use_strict_trace: Any = True
    ) -> None:
        """Dropped."""
        drop("graphs")

    def add_embedding(
        self, mat: Any, metadata: Any = None, label_img: Any = None, global_step: Any = None, tag: Any = "default",
        metadata_header: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("embeddings")

    def add_pr_curve(
        self, tag: Any, labels: Any, predictions: Any, global_step: Any = None, num_thresholds: Any = 127,
        weights: Any = None, walltime: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("precision-recall curves")

    def add_pr_curve_raw(
        self, tag: Any, true_positive_counts: Any, false_positive_counts: Any, true_negative_counts: Any,
        false_negative_counts: Any, precision: Any, recall: Any, global_step: Any = None, num_thresholds: Any = 127,
        weights: Any = None, walltime: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("precision-recall curves")

    def add_custom_scalars_multilinechart(self, tags: Any, category: Any = "default", title: Any = "untitled") -> None:
        """Dropped."""
        drop("chart layouts")

    def add_custom_scalars_marginchart(self, tags: Any, category: Any = "default", title: Any = "untitled") -> None:
        """Dropped."""
        drop("chart layouts")

    def add_custom_scalars(self, layout: Any) -> None:
        """Dropped."""
        drop("chart layouts")

    def add_mesh(
        self, tag: Any, vertices: Any, colors: Any = None, faces: Any = None, config_dict: Any = None,
        global_step: Any = None, walltime: Any = None,
    ) -> None:  # fmt: skip
        """Dropped."""
        drop("meshes")

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Methods of other writers, such as tensorboardX's, are dropped, too."""
        if not name.startswith("add_"):
            raise AttributeError(f"SummaryWriter of lossboard has no {name!r}")
        return lambda *args, **kwargs: drop(f"values of {name}")


def _names(folder: str) -> tuple[str, str | None]:
    """(name, group) of a run from its folder: `runs/net/train` is `net/train` of the group `net`."""
    path = os.path.abspath(folder)
    here = os.path.relpath(path)
    parts = [part for part in (path if here.startswith("..") else here).split(os.sep) if part]
    parts = (parts[1:] if parts[0] == "runs" and len(parts) > 1 else parts)[-2:]
    return "/".join(parts), parts[0] if len(parts) > 1 else None


@quiet
def _make_folder(path: str) -> None:
    os.makedirs(path, exist_ok=True)
