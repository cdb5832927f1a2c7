"""Deep and structured networks in plain JAX on the digits of scikit-learn: functions of (parameters, picture)."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.datasets import load_digits

Params = dict[str, Any]
Network = tuple[Callable[[Params, Any], Any], Params]

STEPS, HIDDEN = 32, 12
TOKENS, WIDTH, HEADS = 8, 16, 4
CHANNELS = 6


def digits(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 8, 8) between 0 and 1, and their classes divided by 9, drawn without repetition."""
    data = load_digits()
    chosen = np.random.default_rng(seed).choice(len(data.images), examples, replace=False)
    return data.images[chosen] / 16.0, data.target[chosen] / 9.0


def _weights(rng: np.random.Generator, *shape: int, gain: float = 1.0) -> np.ndarray:
    """Normal with variance gain^2 over the fan in, which is all but the first axis."""
    return gain * rng.normal(size=shape) / np.sqrt(np.prod(shape[1:], initial=1))


def _sequence(x: Any) -> Any:
    return x.reshape(STEPS, -1)


def gru(rng: np.random.Generator) -> Network:
    """A gated recurrent unit over 32 steps of two pixels; the reset gate multiplies the hidden product."""
    params = {"w": _weights(rng, 3 * HIDDEN, 2), "u": _weights(rng, 3 * HIDDEN, HIDDEN), "b": np.zeros(3 * HIDDEN)}
    params |= {"c": np.zeros(HIDDEN), "v": _weights(rng, 1, HIDDEN)[0]}

    def step(p: Params, h: Any, x: Any) -> Any:
        (r, z, n), (ur, uz, un) = jnp.split(p["w"] @ x + p["b"], 3), jnp.split(p["u"] @ h, 3)
        r, z = jax.nn.sigmoid(r + ur), jax.nn.sigmoid(z + uz)
        return z * h + (1 - z) * jnp.tanh(n + r * (un + p["c"]))

    def predict(p: Params, x: Any) -> Any:
        h, _ = jax.lax.scan(lambda h, x: (step(p, h, x), None), jnp.zeros(HIDDEN), _sequence(x))
        return p["v"] @ h

    return predict, params


def lstm(rng: np.random.Generator) -> Network:
    """Long short-term memory over 32 steps of two pixels."""
    params = {"w": _weights(rng, 4 * HIDDEN, 2), "u": _weights(rng, 4 * HIDDEN, HIDDEN), "b": np.zeros(4 * HIDDEN)}
    params["v"] = _weights(rng, 1, HIDDEN)[0]

    def predict(p: Params, x: Any) -> Any:
        def step(carry: Any, x: Any) -> Any:
            h, c = carry
            i, f, g, o = jnp.split(p["w"] @ x + p["u"] @ h + p["b"], 4)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = jax.lax.scan(step, (jnp.zeros(HIDDEN), jnp.zeros(HIDDEN)), _sequence(x))
        return p["v"] @ h

    return predict, params


def _layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-5) * scale + shift


def transformer(rng: np.random.Generator) -> Network:
    """One causal block, norms first, over the eight rows of the picture: four heads, GELU, mean of rows."""
    shapes = {"embed": (WIDTH, 8), "query": (WIDTH, WIDTH), "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH)}
    shapes |= {"merge": (WIDTH, WIDTH), "up": (2 * WIDTH, WIDTH), "down": (WIDTH, 2 * WIDTH)}
    params = {name: _weights(rng, *shape) for name, shape in shapes.items()}
    params |= {"position": 0.5 * rng.normal(size=(TOKENS, WIDTH)), "out": _weights(rng, 1, WIDTH)[0]}
    params |= {f"scale{k}": np.ones(WIDTH) for k in range(3)} | {f"shift{k}": np.zeros(WIDTH) for k in range(3)}

    def attend(p: Params, h: Any) -> Any:
        q, k, v = ((h @ p[name].T).reshape(TOKENS, HEADS, -1) for name in ("query", "key", "value"))
        scores = jnp.einsum("thc,shc->hts", q, k) / np.sqrt(WIDTH // HEADS)
        scores = jnp.where(np.tri(TOKENS, dtype=bool), scores, -jnp.inf)
        return jnp.einsum("hts,shc->thc", jax.nn.softmax(scores, -1), v).reshape(TOKENS, WIDTH) @ p["merge"].T

    def predict(p: Params, x: Any) -> Any:
        h = x @ p["embed"].T + p["position"]
        h = h + attend(p, _layer_norm(h, p["scale0"], p["shift0"]))
        h = h + jax.nn.gelu(_layer_norm(h, p["scale1"], p["shift1"]) @ p["up"].T) @ p["down"].T
        return p["out"] @ _layer_norm(h, p["scale2"], p["shift2"]).mean(0)

    return predict, params


def layer_norm_resnet(rng: np.random.Generator) -> Network:
    """Six residual blocks of width 16, x + A tanh(B LayerNorm(x))."""
    params = {"first": _weights(rng, WIDTH, 64), "out": _weights(rng, 1, WIDTH)[0]}
    for k in range(6):
        params[f"block{k}"] = {"in": _weights(rng, WIDTH, WIDTH), "out": _weights(rng, WIDTH, WIDTH, gain=0.5)}
        params[f"block{k}"] |= {"scale": np.ones(WIDTH), "shift": 0.1 * rng.normal(size=WIDTH)}

    def predict(p: Params, x: Any) -> Any:
        h = p["first"] @ x.reshape(-1)
        for block in (p[f"block{k}"] for k in range(6)):
            h = h + block["out"] @ jnp.tanh(block["in"] @ _layer_norm(h, block["scale"], block["shift"]))
        return p["out"] @ h

    return predict, params


def _convolved(x: Any, kernel: Any, stride: int = 1) -> Any:
    return jax.lax.conv_general_dilated(x[None], kernel, (stride, stride), "SAME")[0]


def batch_norm_resnet(rng: np.random.Generator) -> Network:
    """Three residual blocks of two convolutions behind BatchNorm with running statistics, ReLU; mean over pixels."""
    params = {"first": _weights(rng, CHANNELS, 1, 3, 3), "out": _weights(rng, 1, CHANNELS)[0]}
    names = [f"norm{k}{half}" for k in range(3) for half in "ab"]
    for name in names:
        params[name] = {"kernel": _weights(rng, CHANNELS, CHANNELS, 3, 3), "scale": rng.uniform(0.5, 1.5, CHANNELS)}
        params[name]["shift"] = 0.1 * rng.normal(size=CHANNELS)
    running = {name: (0.1 * rng.normal(size=CHANNELS), rng.uniform(0.5, 2.0, CHANNELS)) for name in names}

    def half(p: Params, name: str, x: Any) -> Any:
        mean, var = (value[:, None, None] for value in running[name])
        normal = (x - mean) / jnp.sqrt(var + 1e-5) * p[name]["scale"][:, None, None] + p[name]["shift"][:, None, None]
        return _convolved(jax.nn.relu(normal), p[name]["kernel"])

    def predict(p: Params, x: Any) -> Any:
        h = _convolved(x[None], p["first"])
        for k in range(3):
            h = h + 0.5 * half(p, f"norm{k}b", half(p, f"norm{k}a", h))
        return p["out"] @ h.mean((1, 2))

    return predict, params


def max_pool(rng: np.random.Generator) -> Network:
    """Convolution, ReLU, max-pool twice, linear; the digits' background is constant, so that pooling meets ties."""
    params = {"first": _weights(rng, 8, 1, 3, 3), "b": 0.1 * rng.normal(size=8), "second": _weights(rng, 8, 8, 3, 3)}
    params |= {"c": 0.1 * rng.normal(size=8), "out": _weights(rng, 1, 32)[0]}

    def pooled(x: Any) -> Any:
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2), (1, 2, 2), "VALID")

    def predict(p: Params, x: Any) -> Any:
        h = pooled(jax.nn.relu(_convolved(x[None], p["first"]) + p["b"][:, None, None]))
        h = pooled(jax.nn.relu(_convolved(h, p["second"]) + p["c"][:, None, None]))
        return p["out"] @ h.reshape(-1)

    return predict, params


def _deep(activation: Callable[[Any], Any], depth: int, width: int, gain: float) -> Callable[..., Network]:
    def made(rng: np.random.Generator) -> Network:
        """`depth` weight layers with biases."""
        params: Params = {}
        for k in range(depth):
            rows, columns = (1 if k == depth - 1 else width), (64 if k == 0 else width)
            params[f"w{k:02}"] = _weights(rng, rows, columns, gain=gain)
            params[f"b{k:02}"] = 0.1 * rng.normal(size=rows)

        def predict(p: Params, x: Any) -> Any:
            h = p["w00"] @ x.reshape(-1) + p["b00"]
            for k in range(1, depth):
                h = p[f"w{k:02}"] @ activation(h) + p[f"b{k:02}"]
            return h[0]

        return predict, params

    return made


NETWORKS: Mapping[str, Callable[[np.random.Generator], Network]] = {
    "GRU, 32 steps": gru,
    "LSTM, 32 steps": lstm,
    "causal transformer block": transformer,
    "LayerNorm ResNet": layer_norm_resnet,
    "BatchNorm ResNet, inference": batch_norm_resnet,
    "max-pool CNN": max_pool,
    "tanh, depth 2, width 32": _deep(jnp.tanh, 2, 32, 1.0),
    "tanh, depth 8, width 32": _deep(jnp.tanh, 8, 32, 1.1),
    "tanh, depth 16, width 32": _deep(jnp.tanh, 16, 32, 1.1),
    "tanh, depth 24, width 32": _deep(jnp.tanh, 24, 32, 1.1),
    "ReLU, depth 16, width 32": _deep(jax.nn.relu, 16, 32, 1.4142),
}
