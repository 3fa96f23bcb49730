"""Train a small network on scikit-learn's handwritten digits and write it as MLIR.

`python train.py` needs numpy and scikit-learn. It writes `digits.mlir` with the weights as constants, and the held-out
images and labels as `test_images.npy` (uint8, 0 to 16) and `test_labels.npy`. The seed is fixed; the test accuracy is
printed and must be at least 96 %.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

Array = npt.NDArray[np.float64]

HERE = Path(__file__).parent
HIDDEN, CLASSES, EPOCHS, BATCH, RATE = 48, 10, 120, 32, 2e-3
TEST_IMAGES = 450


def split(rng: np.random.Generator) -> tuple[Array, npt.NDArray[np.int64], Array, npt.NDArray[np.int64]]:
    """Shuffled images in 0…1 and labels, the training part first."""
    images, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(labels))
    images, labels = images[order] / 16.0, labels[order]
    return images[TEST_IMAGES:], labels[TEST_IMAGES:], images[:TEST_IMAGES], labels[:TEST_IMAGES]


def initial_weights(rng: np.random.Generator) -> list[Array]:
    shapes = [(64, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
    return [rng.standard_normal(s) * np.sqrt(2.0 / s[0]) if len(s) == 2 else np.zeros(s) for s in shapes]


def logits(weights: list[Array], images: Array) -> tuple[Array, Array]:
    """The hidden layer after its ReLU, and the output layer."""
    w1, b1, w2, b2 = weights
    hidden = np.maximum(images @ w1 + b1, 0.0)
    return hidden, hidden @ w2 + b2


def gradients(weights: list[Array], images: Array, labels: npt.NDArray[np.int64]) -> list[Array]:
    """Of the cross entropy with a little weight decay."""
    hidden, out = logits(weights, images)
    likely = np.exp(out - out.max(axis=1, keepdims=True))
    d_out = likely / likely.sum(axis=1, keepdims=True)
    d_out[np.arange(len(labels)), labels] -= 1.0
    d_out /= len(labels)
    d_hidden = (d_out @ weights[2].T) * (hidden > 0.0)
    grads = [images.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)]
    return [g + 1e-4 * w for g, w in zip(grads, weights, strict=True)]


def train(weights: list[Array], images: Array, labels: npt.NDArray[np.int64], rng: np.random.Generator) -> None:
    """Adam, in place."""
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            step += 1
            chosen = order[start : start + BATCH]
            for i, g in enumerate(gradients(weights, images[chosen], labels[chosen])):
                first[i] = 0.9 * first[i] + 0.1 * g
                second[i] = 0.999 * second[i] + 0.001 * g * g
                mean, spread = first[i] / (1 - 0.9**step), second[i] / (1 - 0.999**step)
                weights[i] -= RATE * mean / (np.sqrt(spread) + 1e-8)


def constant(weight: Array) -> str:
    """A dense constant by its bytes, so that the text keeps every bit."""
    shape = "x".join(str(extent) for extent in weight.shape)
    return f'dense<"0x{weight.astype("<f4").tobytes().hex().upper()}"> : tensor<{shape}xf32>'


def layer(name: str, before: str, weight: str, bias: str, shape: tuple[int, int], relu: bool) -> str:
    """One dense layer in linalg: product, bias, and a ReLU between layers."""
    rows, columns = shape
    x, w, b, y = (f"tensor<{s}xf32>" for s in (f"1x{rows}", f"{rows}x{columns}", columns, f"1x{columns}"))
    maps = "affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>"
    relu_lines = f"    %v = arith.maximumf %{name}_s, %zero : f32\n    linalg.yield %v : f32"
    last_lines = f"    linalg.yield %{name}_s : f32"
    return f"""\
  %{name}_init = tensor.empty() : {y}
  %{name}_acc = linalg.fill ins(%zero : f32) outs(%{name}_init : {y}) -> {y}
  %{name}_mm = linalg.matmul ins({before}, {weight} : {x}, {w}) outs(%{name}_acc : {y}) -> {y}
  %{name} = linalg.generic {{indexing_maps = [{maps}],
      iterator_types = ["parallel", "parallel"]}} ins(%{name}_mm, {bias} : {y}, {b}) outs(%{name}_init : {y}) {{
  ^bb0(%a: f32, %b: f32, %o: f32):
    %{name}_s = arith.addf %a, %b : f32
{relu_lines if relu else last_lines}
  }} -> {y}
"""


def module_text(weights: list[Array]) -> str:
    names = ("%w1", "%b1", "%w2", "%b2")
    constants = "\n".join(f"  {n} = arith.constant {constant(w)}" for n, w in zip(names, weights, strict=True))
    return f"""\
// Written by train.py: logits of the ten digits for one 8x8 image in 0…1.
func.func @classify(%image: tensor<1x64xf32>) -> tensor<1x10xf32> {{
  %zero = arith.constant 0.0 : f32
{constants}
{layer("hidden", "%image", "%w1", "%b1", (64, HIDDEN), True)}\
{layer("out", "%hidden", "%w2", "%b2", (HIDDEN, CLASSES), False)}\
  return %out : tensor<1x10xf32>
}}
"""


def main() -> None:
    rng = np.random.default_rng(7)
    images, labels, test_images, test_labels = split(rng)
    weights = initial_weights(rng)
    train(weights, images, labels, rng)
    accuracy = float((logits(weights, test_images)[1].argmax(axis=1) == test_labels).mean())
    print(f"test accuracy {accuracy:.4f}")
    if accuracy < 0.96:
        raise SystemExit("the network has not learnt enough")
    (HERE / "digits.mlir").write_text(module_text(weights), encoding="utf-8")
    np.save(HERE / "test_images.npy", (test_images * 16.0).astype(np.uint8))
    np.save(HERE / "test_labels.npy", test_labels.astype(np.uint8))


if __name__ == "__main__":
    main()
