"""Networks trained on digits to interpolation, and what certify_minimum proves of them.

    python benchmarks/models.py [NETWORK ...] [--examples 20] [--seed 0] > table.md

A network is chosen by its name or by the beginning of it. Seconds are processor time of certify_minimum alone, with
compilation, in one thread; the radius is how far the exact minimum may be from the trained parameters.
"""

import argparse
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

# One thread, set before any library is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
from digit_networks import NETWORKS, digits  # noqa: E402

import stabproof as sp  # noqa: E402
from numeric import Regression, gram, train  # noqa: E402

# Of the largest learning rate at which the minimum is stable.
PART_OF_THE_CRITICAL_RATE = 0.4


def trained(name: str, examples: int, seed: int) -> tuple[Regression, str]:
    """The network at an interpolating minimum, and how the training ended."""
    predict, params = NETWORKS[name](np.random.default_rng(seed))
    problem = Regression(predict, params, *digits(examples, seed))
    training = train(problem, steps=2000)
    return problem.with_params(training.theta), training.message


def proved(problem: Regression) -> tuple[Any, float]:
    """The certificate under gradient descent, and processor seconds."""
    critical = 2.0 * problem.number_of_examples / float(np.linalg.eigvalsh(gram(problem))[-1])
    start = time.process_time()
    certificate = sp.certify_minimum(problem, sp.GradientDescent(PART_OF_THE_CRITICAL_RATE * critical))
    return certificate, time.process_time() - start


def row(name: str, examples: int, seed: int) -> str:
    """A line of the table."""
    problem, message = trained(name, examples, seed)
    certificate, seconds = proved(problem)
    sharpness, radius = certificate.sharpness, certificate.existence_radius
    width = "-" if sharpness is None else f"{sharpness.width / sharpness.upper:.0e}"
    reach = "-" if radius is None else f"{radius:.0e}"
    told = certificate.verdict.name
    if told == "UNDECIDED":
        print(f"{name}: {message}; {certificate.reason}", file=sys.stderr, flush=True)
    return f"| {name} | {examples} | {problem.dimension} | {told} | {reach} | {width} | {seconds:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen = [name for name in NETWORKS if not options.networks or name.startswith(tuple(options.networks))]
    if not chosen:
        sys.exit(f"no network is called that; there are {', '.join(NETWORKS)}")
    print(f"Python {sys.version.split()[0]}, JAX {version('jax')}, NumPy {np.__version__}, seed {options.seed}.\n")
    print("| network | N | parameters | verdict | existence radius | width of the sharpness, relative | CPU seconds |")
    print("|---|---|---|---|---|---|---|")
    for name in chosen:
        print(row(name, options.examples, options.seed), flush=True)


if __name__ == "__main__":
    main()
