"""Templates: what of the weights meets the examples, and the images that they are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.analysis.templates import templates
from engine.spec import RunSpec, defaults
from engine.strategy import optimize

generator = np.random.default_rng(0)


def weights_of(spec: RunSpec) -> np.ndarray:
    return generator.standard_normal(optimize.build(spec).objectives["train"].size).astype(np.float32)


@pytest.mark.parametrize("name", ["digits", "three-points", "spiral:4", "synthetic-cifar:100"])
def test_a_name_tells_the_shape_that_is_loaded(name: str, cache_folder: Path) -> None:
    shape, loaded = datasets.shape_of(name), datasets.load(name)
    assert shape is not None
    train = loaded.splits["train"]
    assert (shape.classes, shape.dimensions, shape.bias) == (loaded.classes, train.dimensions, train.bias)
    assert shape.image == loaded.image
    assert shape.image is None or shape.image.size == shape.features


def test_a_shape_is_told_without_making_anything(cache_folder: Path) -> None:
    for name in ("synthetic-cifar", "cifar10"):
        shape = datasets.shape_of(name)
        assert shape is not None
        assert shape.image == datasets.Image(32, 32, channels=3)
    assert datasets.shape_of(str(cache_folder / "gone.npz")) is None
    assert not cache_folder.exists()


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((4, 5), datasets.Image(4, 5, interleaved=True)),
        ((4, 5, 3), datasets.Image(4, 5, 3, interleaved=True)),
        ((4, 5, 2), None),
        ((20,), None),
    ],
)
def test_own_examples_are_the_images_that_they_were_given_as(
    tmp_path: Path, cache_folder: Path, shape: tuple[int, ...], image: datasets.Image | None
) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, X=generator.integers(0, 256, (30, *shape), dtype=np.uint8), y=np.arange(30) % 3)
    assert datasets.shape_of(str(path)) is None  # nobody has read it yet
    assert datasets.load(str(path)).image == image
    told = datasets.shape_of(str(path))
    assert told is not None
    assert (told.classes, told.features, told.image) == (3, math.prod(shape), image)


def test_an_image_is_the_mean_of_its_channels_however_they_lie() -> None:
    pixels = generator.standard_normal((2, 4, 5, 3))
    expected = pixels.mean(axis=-1)
    together = datasets.Image(4, 5, 3, interleaved=True).grey(pixels.reshape(2, -1))
    apart = datasets.Image(4, 5, 3).grey(pixels.transpose(0, 3, 1, 2).reshape(2, -1))
    np.testing.assert_allclose(together, expected)
    np.testing.assert_allclose(apart, expected)


@pytest.mark.parametrize("dataset", ["digits", "three-points", "spiral"])
def test_the_rows_of_linear_scores_are_their_weights(dataset: str) -> None:
    spec = defaults().changed(dataset=dataset, batch_size=None)
    weights = weights_of(spec)
    found = templates(spec, weights)
    assert found is not None
    objective = optimize.build(spec).objectives["train"]
    X = objective.split.X[:3]
    bias = 0 if found.biases is None else found.biases
    scores = X[:, : found.rows.shape[1]] @ found.rows.T + bias
    np.testing.assert_allclose(scores, objective.scores(weights, X), rtol=1e-4, atol=1e-4)
    assert not found.hidden
    assert (found.pictures is None) == (dataset != "digits")


def test_a_net_has_a_template_for_each_hidden_unit() -> None:
    spec = defaults(objective="two-layer").changed(hidden_size=7)
    weights = weights_of(spec)
    found = templates(spec, weights)
    assert found is not None
    assert found.hidden
    assert found.pictures is not None
    assert found.pictures.shape == (7, 8, 8)
    np.testing.assert_array_equal(found.pictures[6].ravel(), weights[6 * 65 : 6 * 65 + 64])


def test_an_mlp_has_a_template_for_each_unit_of_its_first_layer_and_a_convnet_for_each_filter() -> None:
    for objective, shape in (("mlp", (7, 8, 8)), ("convnet", (4, 3, 3))):
        spec = defaults(objective=objective).changed(hidden="7,5", channels="4,2", normalization="layer")
        weights = weights_of(spec)
        found = templates(spec, weights)
        assert found is not None
        assert found.hidden
        assert found.pictures is not None
        assert found.biases is not None
        assert found.pictures.shape == shape
        features = shape[1] * shape[2]
        np.testing.assert_array_equal(found.pictures[0].ravel(), weights[:features])
        assert found.biases[0] == weights[features]
    assert templates(spec.changed(dataset="spiral"), weights) is None


def test_weights_that_do_not_fit_have_none() -> None:
    assert templates(defaults(), np.zeros(3)) is None
    assert templates(defaults().changed(dataset="./gone.npz"), np.zeros(3)) is None
