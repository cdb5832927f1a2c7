"""Does SGD train at an edge of stochastic stability? Tracks the exponents of training runs on handwritten digits.

    python examples/tracking/study.py [--out build/tracking] [--figures docs/figures] [--quick]

Every run is kept as one JSON file; a run whose file exists is not repeated, so that the study goes on where it was
stopped. The figures are drawn from the files alone.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
from sklearn.datasets import load_digits

import stabproof as sp
from stabproof.numeric import (
    SGD,
    Checkpoint,
    GradientDescent,
    Regression,
    Track,
    gram,
    initial_layers,
    mean_square_critical_rate,
    perceptron,
    track,
)

EXAMPLES, WIDTH = 48, 24
EPOCHS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
BATCHES = (1, 4, 16, 48)
MULTIPLES = (0.25, 0.5, 0.9)
SEEDS = (0, 1, 2)
DELTA = 1e-9


def problem_with_random_labels() -> Regression:
    """A 64-24-1 tanh network and 48 digits whose labels +-1 are drawn by chance: hard to fit, so that it sharpens."""
    inputs = load_digits().data[:EXAMPLES] / 16.0
    labels = np.random.default_rng(0).choice([-1.0, 1.0], (EXAMPLES, 1))
    return Regression(perceptron(), initial_layers([64, WIDTH, 1], jax.random.key(0)), inputs, labels)


def run(problem: Regression, batch: int, multiple: float, seed: int, quick: bool) -> dict[str, Any]:
    """One training run as plain data."""
    rate = multiple * mean_square_critical_rate(gram(problem), batch)
    optimizer = GradientDescent(rate) if batch == EXAMPLES else SGD(rate, batch)
    epochs = EPOCHS[:6] if quick else EPOCHS
    steps = [epoch * EXAMPLES // batch for epoch in epochs]
    found = track(problem, optimizer, steps, key=jax.random.key(seed), tolerance=5e-4, maximum_steps=40_000)
    points = [_as_data(point) for point in found.checkpoints]
    if isinstance(optimizer, SGD) and seed == SEEDS[0]:
        for data, point in zip(points, found.checkpoints, strict=True):
            moved = problem.with_params(point.theta)
            data["confidence_upper"] = sp.confidence_bound(moved, optimizer, delta=DELTA, seed=7, budget=3.0).upper
    return _summary(found, batch, multiple, seed) | {"checkpoints": points}


def _summary(found: Track, batch: int, multiple: float, seed: int) -> dict[str, Any]:
    return {
        "batch": batch,
        "multiple": multiple,
        "seed": seed,
        "learning_rate": found.learning_rate,
        "diverged": found.diverged,
        "seconds_per_step": found.seconds_per_step,
        "seconds_per_checkpoint": found.seconds_per_checkpoint,
    }


def _as_data(point: Checkpoint) -> dict[str, float]:
    names = ("step", "loss", "sharpness", "mu", "exponent", "error", "half_second_moment")
    rates = ("gradient_descent_rate", "mean_square_rate")
    almost_sure = point.almost_sure_rate
    assert almost_sure is not None
    bounds = {"almost_sure_lower": almost_sure.lower, "almost_sure_upper": almost_sure.upper}
    return {name: float(getattr(point, name)) for name in (*names, *rates)} | bounds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/tracking"))
    parser.add_argument("--figures", type=Path, default=None, help="draw the figures into this folder")
    parser.add_argument("--quick", action="store_true", help="the first six checkpoints only")
    options = parser.parse_args()
    problem = problem_with_random_labels()
    jobs = [
        (batch, multiple, seed)
        for batch, multiple, seed in itertools.product(BATCHES, MULTIPLES, SEEDS)
        if seed == SEEDS[0] or batch < EXAMPLES
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    for number, (batch, multiple, seed) in enumerate(jobs, 1):
        path = options.out / f"batch-{batch}-multiple-{multiple}-seed-{seed}.json"
        if not path.exists():
            part = path.with_suffix(".part")  # a killed study leaves no half-written run
            part.write_text(json.dumps(run(problem, batch, multiple, seed, options.quick), indent=1))
            part.replace(path)
        print(f"[{number}/{len(jobs)}] {path}", flush=True)
    if options.figures is not None:
        from figures import draw, table

        draw(options.out, options.figures)
        print(table(options.out))


if __name__ == "__main__":
    main()
