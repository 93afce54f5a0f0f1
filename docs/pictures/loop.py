"""A training loop in plain NumPy, as a program of one's own has it, which logs to the store that is named."""

from __future__ import annotations

import sys
import time

import numpy as np

import lossboard

STEPS, BATCH, CLASSES = 400, 64, 10

random = np.random.default_rng(1)
centres = random.normal(size=(CLASSES, 32))
y = random.integers(CLASSES, size=2_000)
X = centres[y] + 1.2 * random.normal(size=(len(y), 32))
W = np.zeros((32, CLASSES))

with lossboard.start("plain NumPy", db=sys.argv[1], config={"batch": BATCH}, tags=["numpy"]) as run:
    for step in run.steps(STEPS):
        step_size = run.knob("step size", 0.02, low=1e-4, high=2.0)
        batch = random.integers(len(y), size=BATCH)
        scores = X[batch] @ W
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        loss = -np.log(shares[np.arange(BATCH), y[batch]]).mean()
        accuracy = (scores.argmax(axis=1) == y[batch]).mean()
        shares[np.arange(BATCH), y[batch]] -= 1
        W -= step_size * X[batch].T @ shares / BATCH
        run.log({"train/loss": loss, "train/acc": accuracy})
        if step % 20 == 0:
            right = (X @ W).argmax(axis=1) == y
            run.log({"val/acc": right.mean()}, step=step)
        time.sleep(0.01)
