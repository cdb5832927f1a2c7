"""Interval functions with and without rounding: stabproof beside immrax, which computes in plain floating point.

immrax (PyPI) runs in an environment of its own, `.venv-immrax`, made on the first run. Both enclose the same functions
at the same exact points; the truth is an Arb ball of 200 bits. Prints, for each function, how many of immrax's
intervals miss the truth, how many of stabproof's do (none may), the widths, and the time per point.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flint import arb, ctx

import stabproof as sp

ENVIRONMENT = Path(__file__).resolve().parent.parent / ".venv-immrax"
POINTS = 2000
PEER = """
import json, sys, time
import jax
jax.config.update("jax_enable_x64", True)
import immrax, jax.numpy as jnp
points = jnp.array(json.load(sys.stdin))
functions = {"x / 49": lambda x: x / 49, "x / 3 + x / 7": lambda x: x / 3 + x / 7, "tanh x": jnp.tanh,
             "exp x": jnp.exp, "x sin x": lambda x: x * jnp.sin(x), "exp x - 1": lambda x: jnp.exp(x) - 1}
answers = {}
for name, function in functions.items():
    enclose = jax.jit(lambda lower, upper: immrax.i2lu(immrax.natif(function)(immrax.lu2i(lower, upper))))
    try:
        lower, upper = enclose(points, points)
        start = time.perf_counter()
        jax.block_until_ready(enclose(points, points))
        answers[name] = {"lower": lower.tolist(), "upper": upper.tolist(), "seconds": time.perf_counter() - start}
    except Exception as error:
        answers[name] = {"error": f"{type(error).__name__}: {error}"}
json.dump(answers, sys.stdout)
"""
OURS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "x / 49": lambda x: x / 49,
    "x / 3 + x / 7": lambda x: x / 3 + x / 7,
    "tanh x": jnp.tanh,
    "exp x": jnp.exp,
    "x sin x": lambda x: x * jnp.sin(x),
    "exp x - 1": lambda x: jnp.exp(x) - 1,
}
TRUTH: dict[str, Callable[[arb], arb]] = {
    "x / 49": lambda x: x / 49,
    "x / 3 + x / 7": lambda x: x / 3 + x / 7,
    "tanh x": lambda x: x.tanh(),
    "exp x": lambda x: x.exp(),
    "x sin x": lambda x: x * x.sin(),
    "exp x - 1": lambda x: x.exp() - 1,
}


def peer_python() -> Path:
    """The interpreter of immrax's environment, which is made when it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / ".ready").exists():
        print(f"installing immrax into {ENVIRONMENT.name} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "immrax"]
        subprocess.run(command, check=True)
        (ENVIRONMENT / ".ready").touch()
    return python


def misses(name: str, points: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> int:
    """How many intervals are proved not to contain the exact value."""
    with ctx.workprec(200):
        exact = [TRUTH[name](arb(float(x))) for x in points]
        return sum(
            bool(value < arb(float(low)) or value > arb(float(high)))
            for value, low, high in zip(exact, lower, upper, strict=True)
        )


def main() -> None:
    points = np.random.default_rng(0).uniform(-3, 3, POINTS)
    command = [str(peer_python()), "-c", PEER]
    answer = subprocess.run(command, input=json.dumps(points.tolist()), capture_output=True, text=True, check=True)
    peer = json.loads(answer.stdout)
    print(f"{POINTS} points in (-3, 3); misses against Arb at 200 bits")
    print(f"{'function':<16}{'immrax misses':>15}{'ours':>7}{'our width / |value|':>22}{'time, ours / immrax':>22}")
    for name, function in OURS.items():
        batch = jax.vmap(function)
        sp.enclose(batch, points)
        start = time.perf_counter()
        found = sp.enclose(batch, points)
        seconds = time.perf_counter() - start
        ours = misses(name, points, found.lower, found.upper)
        width = np.median((found.upper - found.lower) / np.maximum(np.abs(found.upper), 1e-300))
        if "error" in peer[name]:
            print(f"{name:<16}{'failed':>15}{ours:>7}{width:>22.1e}{'':>22}  {peer[name]['error'][:60]}")
            continue
        theirs = misses(name, points, np.array(peer[name]["lower"]), np.array(peer[name]["upper"]))
        print(f"{name:<16}{theirs:>15}{ours:>7}{width:>22.1e}{seconds / peer[name]['seconds']:>22.1f}")
        assert ours == 0, f"stabproof's enclosure of {name} misses the truth"


if __name__ == "__main__":
    main()
