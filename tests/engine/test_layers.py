"""Layers: by hand, against centred differences for weights and examples, against torch where there is one; dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from engine import datasets
from engine.datasets import Image, Split
from engine.objective.activations import ACTIVATIONS, Activation
from engine.objective.convolution import POOLINGS, AveragePooling, Convolution, MaxPooling, Pixels
from engine.objective.examples import feature_unit
from engine.objective.layers import (
    Array,
    Dropout,
    Features,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    Masks,
    Residual,
)
from engine.objective.networks import Network, NetworkOptions
from engine.objective.objectives import Objective, objective
from engine.spec import SpecError, defaults, spec_from_fields
from engine.strategy import optimize
from engine.trace.state import state_from_bytes, state_to_bytes

IMAGE = Image(5, 4, channels=2)
VECTOR_LAYERS: dict[str, tuple[Layer, ...]] = {
    "linear": (Linear(6), Linear(5)),
    **{name: (Linear(6), Activation(name), Linear(5)) for name in ACTIVATIONS},
    **{f"{name} first": (Features(40), Activation(name), Activation("tanh")) for name in ACTIVATIONS},
    "layer norm": (Linear(6), LayerNorm(), Activation("tanh")),
    "residual": (Linear(6), Activation("tanh"), Residual((Linear(6), LayerNorm(), Activation("relu")))),
    "residual of activation": (Linear(6), Residual((Activation("gelu"),)), Activation("tanh")),
    "dropout": (Linear(6), Activation("tanh"), Dropout(0.4), Linear(5), Activation("relu")),
}
IMAGE_LAYERS: dict[str, tuple[Layer, ...]] = {
    "convolution": (Convolution(3), Convolution(2)),
    "5 x 5": (Convolution(3, size=5),),
    "larger than the image": (Convolution(2, size=11), Convolution(2)),
    "max pooling": (Convolution(3), MaxPooling()),
    "max pooling by 3": (Convolution(2), Activation("tanh"), MaxPooling(3)),
    "average pooling": (Convolution(3), Activation("relu"), AveragePooling()),
    "layer norm of images": (Convolution(3), LayerNorm(), Activation("gelu")),
    "residual of images": (Convolution(3), Residual((Convolution(3), Activation("relu")))),
    "dropout of images": (Convolution(3), Activation("tanh"), Dropout(0.3)),
}
ALL_LAYERS = {
    **{name: (20 * 2, layers) for name, layers in VECTOR_LAYERS.items()},
    **{name: (IMAGE.size, (Pixels(IMAGE), *layers, Flatten())) for name, layers in IMAGE_LAYERS.items()},
}


def slopes_and_differences(network: Network, n: int, seed: int) -> tuple[list[Array], list[Array]]:
    """The derivatives of sum(scores * fixed numbers) by the layers, and by centred differences: weights, then X."""
    generator = np.random.default_rng(seed)
    layout, D = network.layout, network.features + 1
    X = np.zeros((n, -(-D // 16) * 16))
    X[:, :D] = generator.standard_normal((n, D))
    X[:, D - 1] = 1
    weights, factors = generator.standard_normal(layout.size) * 0.5, generator.standard_normal((n, 3))
    padded, gradient, data = np.zeros(layout.padded_size), np.zeros(layout.padded_size), np.zeros((n, D))
    masks = Masks()
    kernel = network.kernel(layout.matrices(padded), layout.matrices(gradient), n, np.float64, masks, data)

    def value(weights: Array, X: Array) -> float:
        masks.generator = np.random.default_rng(9)
        layout.pad(weights, padded)
        kernel.forward(X)
        return float((kernel.scores * factors).sum())

    def difference(at: Array, place: Any) -> float:
        kept, h, found = at[place], 1e-6, []
        for moved in (kept + h, kept - h):
            at[place] = moved
            found.append(value(weights, X))
        at[place] = kept
        return (found[0] - found[1]) / (2 * h)

    value(weights, X)
    kernel.scores[...] = factors
    kernel.backward(X)
    of_weights = layout.flat(gradient)
    numerical = np.array([difference(weights, place) for place in range(len(weights))])
    features = D - 1
    of_data = np.array([[difference(X, (row, column)) for column in range(features)] for row in range(n)])
    return [of_weights, data[:, :features]], [numerical, of_data]


@pytest.mark.parametrize("name", ALL_LAYERS)
def test_each_layer_goes_back_as_centred_differences_say(name: str) -> None:
    """To the weights, and to the examples."""
    features, layers = ALL_LAYERS[name]
    network = Network(features, (*layers, Linear(3)))
    for found, expected in zip(*slopes_and_differences(network, 3, seed=1), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-8)


def passed(layers: tuple[Layer, ...], X: Array, weights: Array | None = None) -> Array:
    """What layers make of examples (n, features), with a last layer that gives each number on as it is."""
    features = X.shape[1]
    shape: tuple[int, ...] = (features,)
    for layer in layers:
        shape = layer.output(shape)
    count = int(np.prod(shape))
    network = Network(features, (*layers, Linear(count)))
    inner = np.zeros(network.layout.size - count * (count + 1)) if weights is None else weights
    last = np.eye(count, count + 1)
    flat = np.concatenate([inner, last.ravel()])
    padded = network.layout.pad(flat, np.zeros(network.layout.padded_size))
    kernel = network.kernel(network.layout.matrices(padded), None, len(X), np.float64)
    examples = np.zeros((len(X), -(-(features + 1) // 16) * 16))
    examples[:, :features], examples[:, features] = X, 1
    kernel.forward(examples)
    return kernel.scores


def test_activations_by_hand() -> None:
    X = np.array([[-2.0, 0.0, 1.0]])
    for name, expected in {
        "relu": [0.0, 0.0, 1.0],
        "tanh": [-0.9640276, 0, 0.7615942],
        "sigmoid": [0.1192029, 0.5, 0.7310586],
        "gelu": [-0.0454023, 0, 0.8411920],
    }.items():
        np.testing.assert_allclose(passed((Features(3), Activation(name)), X), [expected], atol=1e-7)


def test_a_convolution_by_hand() -> None:
    """A 2 x 2 image of (1, 2; 3, 4); the filter has 1 in its middle and 10 to the right of it, the bias is 100."""
    weights = np.array([0, 0, 0, 0, 1, 10, 0, 0, 0, 100.0])
    found = passed((Pixels(Image(2, 2)), Convolution(1), Flatten()), np.array([[1.0, 2, 3, 4]]), weights)
    np.testing.assert_array_equal(found, [[100 + 1 + 20, 100 + 2, 100 + 3 + 40, 100 + 4]])


def test_pooling_by_hand() -> None:
    """3 x 5 pixels: the last row and the last column make no square."""
    X = np.arange(15.0)[None] * [[1], [-1]]
    image = Pixels(Image(3, 5))
    np.testing.assert_array_equal(passed((image, MaxPooling(), Flatten()), X), [[6, 8], [0, -2]])
    np.testing.assert_array_equal(passed((image, AveragePooling(), Flatten()), X), [[3, 5], [-3, -5]])


def test_of_equal_numbers_the_first_has_the_derivative() -> None:
    """All four pixels are 1: adding to all of them changes the maximum once, not four times."""
    network = Network(4, (Pixels(Image(2, 2)), MaxPooling(), Flatten(), Linear(2)))
    padded, data = np.ones(network.layout.padded_size), np.zeros((1, 5))
    matrices = network.layout.matrices(padded)
    kernel = network.kernel(matrices, network.layout.matrices(np.zeros_like(padded)), 1, np.float64, data=data)
    X = np.ones((1, 16))
    kernel.forward(X)
    kernel.scores[...] = [[2, 0]]
    kernel.backward(X)
    np.testing.assert_array_equal(data, [[2, 0, 0, 0, 0]])


def test_layer_norm_by_hand() -> None:
    """(1, 3) has the mean 2 and the variance 1; a gain of 1 doubles, a shift of 5 adds."""
    weights = np.array([0, 1, 5, 0.0])
    found = passed((Features(2), LayerNorm()), np.array([[1.0, 3.0]]), weights)
    np.testing.assert_allclose(found, [[-1 + 5, 2]], rtol=1e-5)


def test_pixels_lie_apart_or_together() -> None:
    apart = np.arange(12.0).reshape(1, 3, 2, 2)
    together = apart.transpose(0, 2, 3, 1).reshape(1, 12)
    of_apart = passed((Pixels(Image(2, 2, 3)), Flatten()), apart.reshape(1, 12))
    of_together = passed((Pixels(Image(2, 2, 3, interleaved=True)), Flatten()), together)
    np.testing.assert_array_equal(of_apart, of_together)


def test_dropout_keeps_the_mean_and_drops_the_share() -> None:
    network = Network(1000, (Features(1000), Dropout(0.25), Linear(1000)))
    weights = network.layout.pad(np.eye(1000, 1001).ravel(), np.zeros(network.layout.padded_size))
    masks, X = Masks(np.random.default_rng(0)), np.ones((20, 1008))
    kernel = network.kernel(network.layout.matrices(weights), None, 20, np.float64, masks)
    kernel.forward(X)
    assert set(np.unique(kernel.scores)) == {0, 1 / 0.75}
    assert (kernel.scores == 0).mean() == pytest.approx(0.25, abs=0.01)
    kernel = network.kernel(network.layout.matrices(weights), None, 20, np.float64)
    kernel.forward(X)
    assert (kernel.scores == 1).all()


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((Pixels(IMAGE), Linear(2)), "flatten them first"),
        ((Features(40), Convolution(2)), "takes images, not vectors of 40 features"),
        ((Features(40), MaxPooling()), "takes images"),
        ((Pixels(Image(8, 8)),), "40 features are no image of 8 x 8"),
        ((Pixels(IMAGE), AveragePooling(5)), "too few to pool by 5"),
        ((Pixels(IMAGE), Convolution(2, size=4)), "have no middle"),
        ((Residual((Linear(3),)), Linear(2)), "adds what it takes"),
        ((Linear(100_000), Linear(100_000)), "at most 100,000,000 fit"),
    ],
)
def test_layers_that_do_not_fit_are_refused_in_a_sentence(layers: tuple[Layer, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Network(40, layers)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objective": "convnet", "dataset": "spiral"}, "a convnet needs examples that are images"),
        ({"objective": "convnet", "channels": "2,2,2,2"}, "halves the 8 x 8 pixels, so 1 to 3 layers"),
        ({"objective": "mlp", "residual": "yes"}, "one size in a row, such as 64,64, not 128,64"),
        ({"objective": "mlp", "hidden": "100000,100000"}, "at most 100,000,000 fit"),
    ],
)
def test_a_run_whose_layers_do_not_fit_its_data_is_refused(fields: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        optimize.check(spec_from_fields({"batch_size": "8", **fields}))


def test_the_features_come_in_units_near_their_size(cache_folder: Any) -> None:
    digits = datasets.load("digits").splits["train"]
    assert feature_unit(digits) == 0.5
    assert feature_unit(datasets.load("synthetic-cifar:100").splits["train"]) in (32, 64)
    assert feature_unit(Split(np.zeros((3, 2)), np.zeros(3))) == 1
    halves = objective("mlp", digits, 10, unit=0.5)
    doubled = np.column_stack([digits.X[:, :-1] * 2, digits.X[:, -1]])
    plain = objective("mlp", Split(doubled, digits.y), 10)
    weights = plain.initial_weights(np.random.default_rng(0), 0.1)
    assert halves.loss(weights) == plain.loss(weights)
    np.testing.assert_array_equal(halves.scores(weights, digits.X[:5]), plain.scores(weights, doubled[:5]))
    np.testing.assert_array_equal(halves.data_gradient(weights)[:, 0], plain.data_gradient(weights)[:, 0] * 2)


@pytest.mark.parametrize("start", ["he", "xavier"])
def test_a_start_scaled_to_the_inputs_keeps_the_size_of_what_flows(start: str) -> None:
    digits = datasets.load("digits")
    options = NetworkOptions(hidden=(400, 300), start=start, normalization="layer")
    of = objective("mlp", digits.splits["train"], 10, options=options, image=digits.image)
    W1, norm1, W2, *_ = of.layout.views(of.initial_weights(np.random.default_rng(0), 2.0))
    expected = {"he": [2 / 64, 2 / 400], "xavier": [2 / (64 + 400), 2 / (400 + 300)]}[start]
    for W, variance in zip((W1, W2), expected, strict=True):
        assert W[:, :-1].std() == pytest.approx(2 * variance**0.5, rel=0.02)
        assert not W[:, -1].any()
    assert not norm1.any()


def test_an_epoch_cut_anywhere_drops_the_same_units() -> None:
    """And another seed drops others, while what an evaluation sees drops nothing."""
    spec = defaults(objective="mlp").changed(hidden="12,12", dropout=0.5, batch_size=32, iterations=30)
    optimization = optimize.build(spec)
    whole, block = optimization.advance(optimization.start(), 30)
    state = optimization.start()
    for k in (1, 7, 22):
        state, _ = optimize.build(spec).advance(state_from_bytes(state_to_bytes(state)), k)
    assert state_to_bytes(state) == state_to_bytes(whole)
    again = optimization.evaluate(whole.weights, "train")
    assert again == optimization.evaluate(whole.weights, "train")
    without, plain = optimize.build(spec.changed(dropout=0.0)), optimization.start()
    assert optimization.objective.loss(plain.weights) == without.objective.loss(plain.weights)
    assert block.loss[0] != without.advance(plain, 1)[1].loss[0]


def test_a_group_at_a_time_is_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that are no multiple of the group, forward, back, and in evaluations."""
    digits = datasets.load("digits")
    split = Split(digits.splits["train"].X[:50].astype(np.float64), digits.splits["train"].y[:50])
    options = NetworkOptions(channels=(3, 2))

    def built() -> Objective:
        return objective("convnet", split, 10, options=options, image=digits.image, dtype=np.float64)

    whole = built()
    weights = whole.initial_weights(np.random.default_rng(0), 0.3)
    monkeypatch.setattr("engine.objective.networks.WINDOWS_BYTES", 20_000)
    grouped = built()
    assert grouped.examples.group < 25 < 50 < whole.examples.group
    expected, slope = whole.loss_and_gradient(weights)
    found, grouped_slope = grouped.loss_and_gradient(weights)
    assert found.total == pytest.approx(expected.total, rel=1e-13)
    np.testing.assert_allclose(grouped_slope, slope, atol=1e-14)
    assert grouped.evaluate(weights) == pytest.approx(whole.evaluate(weights))
    np.testing.assert_allclose(grouped.data_gradient(weights), whole.data_gradient(weights), atol=1e-15)


def in_torch(torch: Any, layer: Layer, value: Any, taken: Callable[[], Any]) -> Any:
    """What a layer makes of a tensor (n, features) or (n, channels, height, width); `taken` gives its next matrix."""
    functions = torch.nn.functional
    match layer:
        case Features():
            return value
        case Pixels(image):
            return value.reshape(-1, image.channels, image.height, image.width)
        case Flatten():
            return value.flatten(1)
        case Linear():
            W = taken()
            return functions.linear(value, W[:, :-1], W[:, -1])
        case Convolution(filters, size):
            W = taken()
            return functions.conv2d(value, W[:, :-1].reshape(filters, -1, size, size), W[:, -1], padding=size // 2)
        case MaxPooling(size):
            return functions.max_pool2d(value, size)
        case AveragePooling(size):
            return functions.avg_pool2d(value, size)
        case Activation("gelu"):
            return functions.gelu(value, approximate="tanh")
        case Activation(name):
            return getattr(torch, name)(value)
        case LayerNorm():
            gain, shift = taken()
            return functions.group_norm(value, 1, 1 + gain, shift, 1e-5)
        case Dropout(share):
            return functions.dropout(value, share, training=False)
        case Residual(inner):
            inside = value
            for one in inner:
                inside = in_torch(torch, one, inside, taken)
            return value + inside
    raise AssertionError(layer)


def matrices_in_torch(parameters: Any, shapes: Sequence[tuple[int, int]]) -> Callable[[], Any]:
    """A function that gives the matrices of a flat tensor, one after the other."""
    parts = parameters.split([rows * columns for rows, columns in shapes])
    matrices = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
    return lambda: next(matrices)


@pytest.mark.parametrize("name", ALL_LAYERS)
def test_each_layer_is_that_of_torch(name: str) -> None:
    """Forward, and the derivatives of weights and examples, in float64; dropout as an evaluation has it."""
    torch = pytest.importorskip("torch")
    features, layers = ALL_LAYERS[name]
    network, n, generator = Network(features, (*layers, Linear(3))), 5, np.random.default_rng(2)
    layout = network.layout
    X = np.zeros((n, -(-(features + 1) // 16) * 16))
    X[:, :features], X[:, features] = generator.standard_normal((n, features)), 1
    weights, factors = generator.standard_normal(layout.size) * 0.5, generator.standard_normal((n, 3))
    padded, gradient, data = layout.pad(weights, np.zeros(layout.padded_size)), np.zeros(layout.padded_size), X * 0
    matrices = layout.matrices(padded), layout.matrices(gradient)
    kernel = network.kernel(*matrices, n, np.float64, data=data[:, : features + 1])
    kernel.forward(X)
    scores = kernel.scores.copy()
    kernel.scores[...] = factors
    kernel.backward(X)
    parameters = torch.tensor(weights, requires_grad=True)
    examples = torch.tensor(X[:, :features], requires_grad=True)
    taken, value = matrices_in_torch(parameters, layout.shapes), examples
    for layer in network.layers:
        value = in_torch(torch, layer, value, taken)
    value.backward(torch.tensor(factors))
    np.testing.assert_allclose(scores, value.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(layout.flat(gradient), parameters.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(data[:, :features], examples.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize(("start", "named"), [("he", "kaiming_normal_"), ("xavier", "xavier_normal_")])
def test_first_weights_have_the_variance_of_those_of_torch(start: str, named: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network = Network(64 * 9, (Pixels(Image(3, 3, 64)), Convolution(96), Flatten(), Linear(128)), start)
    settings = {"nonlinearity": "relu"} if start == "he" else {}
    ours = network.layout.views(network.start_scales(np.float64))
    for scales, shape in zip(ours, [(96, 64, 3, 3), (128, 96 * 9)], strict=True):
        theirs = getattr(torch.nn.init, named)(torch.empty(shape), **settings)
        assert scales[:, :-1] == pytest.approx(theirs.std().item(), rel=0.02)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("normalization", ["none", "layer"])
def test_a_convnet_is_that_of_torch(activation: str, pooling: str, normalization: str) -> None:
    """Loss, and gradient with respect to weights and examples, in float64."""
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(0)
    image = Image(9, 7, channels=2)
    X = np.column_stack([generator.standard_normal((6, image.size)), np.ones(6)])
    y = generator.integers(0, 4, 6)
    options = NetworkOptions(channels=(3, 5), activation=activation, pooling=pooling, normalization=normalization)
    of = objective("convnet", Split(X, y), 4, options=options, image=image, dtype=np.float64)
    weights = generator.standard_normal(of.size) * 0.4
    parameters = torch.tensor(weights, requires_grad=True)
    examples = torch.tensor(X, requires_grad=True)
    taken = matrices_in_torch(parameters, of.layout.shapes)
    value = in_torch(torch, Pixels(image), examples[:, :-1], taken)
    for channels in options.channels:
        normalized = (LayerNorm(),) if normalization == "layer" else ()
        for layer in (Convolution(channels), *normalized, Activation(activation), POOLINGS[pooling]()):
            value = in_torch(torch, layer, value, taken)
    scores = in_torch(torch, Linear(4), value.flatten(1), taken)
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y))
    loss.backward()
    found, slope = of.loss_and_gradient(weights)
    assert found.data_loss == pytest.approx(loss.item(), rel=1e-13)
    np.testing.assert_allclose(slope, parameters.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(of.data_gradient(weights), examples.grad.numpy(), atol=1e-13)
