"""Draws the pictures of docs/pictures.md into docs/figures/pictures: `python docs/site/pictures.py`."""

from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import sympy

import stabproof as sp
from stabproof.numeric import initial_layers, perceptron, train

FOLDER = Path(__file__).resolve().parents[1] / "figures" / "pictures"


def minimum() -> sp.MinimumCertificate:
    """The first proof of the guide."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    start = sp.Regression(perceptron(jnp.tanh), initial_layers([2, 12, 1], jax.random.key(0)), inputs, targets)
    return sp.certify_minimum(start.with_params(train(start).theta), sp.GradientDescent(learning_rate=0.5))


def main() -> None:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    x, p = sympy.symbols("x p")
    oscillator = lambda s: jnp.stack([s[1], (1 - s[0] ** 2) * s[1] - s[0]])  # noqa: E731
    shown = {
        "portrait": (sp.all_equilibria(lambda s: -s + 2 * jnp.tanh(s[::-1]), [(-3, 3), (-3, 3)]), "portrait"),
        "learning-rates": (minimum(), "learning rates"),
        "branch": (sp.certify_branch([p + x - x**3], [-1.3], (p, -0.6, 1)), "x_1"),
        "tube": (sp.flow(oscillator, [2.0, 0.0], 3.0), "tube"),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (result, what) in shown.items():
        axes = sp.plot(result, what=what)
        axes.figure.savefig(FOLDER / f"{name}.png", dpi=80)
        plt.close(axes.figure)


if __name__ == "__main__":
    main()
