"""What a metric's name says of it."""

from __future__ import annotations

import pytest

from engine.trace.metric_names import is_chosen, is_fraction, more_is_better, pairs, standing_for


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("train/loss val/loss", {"train/loss": "val/loss"}),
        ("valid/loss training/loss", {"training/loss": "valid/loss"}),
        ("train_loss eval_loss test_loss", {"train_loss": "eval_loss"}),
        ("loss_train loss_val acc_val", {"loss_train": "loss_val"}),
        ("Loss/train Loss/validation", {"Loss/train": "Loss/validation"}),
        ("loss val_loss acc val/acc", {"loss": "val_loss", "acc": "val/acc"}),
        ("loss train_loss val_loss", {"train_loss": "val_loss"}),
        ("a/train/loss b/val/loss", {}),
        ("train test", {"train": "test"}),
        ("strain/loss val/loss evaluate/loss", {}),
        ("val/loss test/loss", {}),
    ],
)
def test_a_metric_of_training_has_that_of_a_held_out_split_beside_it(names: str, found: dict[str, str]) -> None:
    assert pairs(tuple(names.split())) == found


def test_a_name_tells_which_way_is_better_and_what_is_only_counted() -> None:
    better = {
        name for name in ("val/acc", "f1-score", "loss", "reward", "accuracy_loss", "lr", "x") if more_is_better(name)
    }
    assert better == {"val/acc", "f1-score", "reward"}
    assert [is_fraction(name) for name in ("top5_acc", "reward", "AUC", "account")] == [True, False, True, False]
    chosen = {
        name
        for name in ("lr", "opt/learning_rate", "epoch", "train/epoch", "epoch_loss", "step size")
        if is_chosen(name)
    }
    assert chosen == {"lr", "opt/learning_rate", "epoch", "train/epoch", "step size"}
    assert standing_for(("epoch", "acc", "val/mse", "train/mse")) == "train/mse"
    assert standing_for(("lr", "acc")) == "acc"
    assert standing_for(("g_loss", "Loss/test", "Loss/train")) == "Loss/train"
    assert standing_for(("val/mse", "myloss", "val_loss", "")) == "myloss"
    assert standing_for(()) is None
