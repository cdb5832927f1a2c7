"""LSTM, GRU and RNN with their standard activations, written out over the steps."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.onnx_operators.static import text
from stabproof.doors.rule import Table, demand

Array = Any
_STANDARD = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def _check(kind: str, hidden_size: Any, activations: Any, sequence_lens: Any, rest: dict[str, Any]) -> None:
    standard = _STANDARD[kind]
    chosen = [text(name) for name in activations or standard]
    demand(chosen in (standard, 2 * standard), f"activations {chosen} are not modelled")
    demand(sequence_lens is None, "sequence_lens is not modelled")
    extra = [name for name, value in rest.items() if value and name != "outputs"]
    demand(not extra, f"{', '.join(extra)} is not modelled")


def _over_steps(
    X: Array, layout: int, direction: Any, states: tuple[Array, ...], step: Callable[[int, Array, Any], Any]
) -> Any:
    """(Y (T, directions, batch, hidden), last states (directions, batch, hidden)); `step(direction, x, state)`."""
    demand(layout == 0, "layout = 1 is not modelled")
    ways = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[text(direction)]
    outputs, last = [], []
    for number, backward in enumerate(ways):
        state = tuple(s[number] for s in states)
        made = []
        for t in reversed(range(X.shape[0])) if backward else range(X.shape[0]):
            state = step(number, X[t], state)
            made.append(state[0])
        outputs.append(jnp.stack(made[::-1] if backward else made))
        last.append(state)
    finals = [jnp.stack([state[i] for state in last]) for i in range(len(states))]
    return (jnp.stack(outputs, axis=1), *finals)


def _start(given: Any, X: Array, R: Array) -> Array:
    return jnp.zeros((R.shape[0], X.shape[1], R.shape[2])) if given is None else given


def _biases(B: Any, W: Array) -> tuple[Array, Array]:
    both = jnp.zeros((W.shape[0], 2 * W.shape[1])) if B is None else B
    return both[:, : W.shape[1]], both[:, W.shape[1] :]


def lstm(X: Array, W: Array, R: Array, B: Any = None, sequence_lens: Any = None, initial_h: Any = None,
         initial_c: Any = None, P: Any = None, hidden_size: Any = None, activations: Any = None, layout: int = 0,
         direction: Any = "forward", **rest: Any) -> Any:  # fmt: skip
    """Gates in the order input, output, forget, cell."""
    _check("LSTM", hidden_size, activations, sequence_lens, {**rest, "a peephole": P is not None})
    wb, rb = _biases(B, W)

    def step(d: int, x: Array, state: Any) -> Any:
        h, c = state
        i, o, f, g = jnp.split(x @ W[d].T + h @ R[d].T + wb[d] + rb[d], 4, axis=-1)
        c = jax.lax.logistic(f) * c + jax.lax.logistic(i) * jnp.tanh(g)
        return jax.lax.logistic(o) * jnp.tanh(c), c

    return _over_steps(X, layout, direction, (_start(initial_h, X, R), _start(initial_c, X, R)), step)


def gru(X: Array, W: Array, R: Array, B: Any = None, sequence_lens: Any = None, initial_h: Any = None,
        hidden_size: Any = None, activations: Any = None, layout: int = 0, direction: Any = "forward",
        linear_before_reset: int = 0, **rest: Any) -> Any:  # fmt: skip
    """Gates in the order update, reset, hidden; torch's cell has linear_before_reset = 1."""
    _check("GRU", hidden_size, activations, sequence_lens, rest)
    wb, rb = _biases(B, W)

    def step(d: int, x: Array, state: Any) -> Any:
        (h,) = state
        size = h.shape[-1]
        left = x @ W[d].T + wb[d]
        gates = jax.lax.logistic(left[..., : 2 * size] + h @ R[d][: 2 * size].T + rb[d][: 2 * size])
        z, r = jnp.split(gates, 2, axis=-1)
        weight, shift = R[d][2 * size :], rb[d][2 * size :]
        inner = r * (h @ weight.T + shift) if linear_before_reset else (r * h) @ weight.T + shift
        return ((1 - z) * jnp.tanh(left[..., 2 * size :] + inner) + z * h,)

    return _over_steps(X, layout, direction, (_start(initial_h, X, R),), step)


def rnn(X: Array, W: Array, R: Array, B: Any = None, sequence_lens: Any = None, initial_h: Any = None,
        hidden_size: Any = None, activations: Any = None, layout: int = 0, direction: Any = "forward",
        **rest: Any) -> Any:  # fmt: skip
    _check("RNN", hidden_size, activations, sequence_lens, rest)
    wb, rb = _biases(B, W)

    def step(d: int, x: Array, state: Any) -> Any:
        return (jnp.tanh(x @ W[d].T + state[0] @ R[d].T + wb[d] + rb[d]),)

    return _over_steps(X, layout, direction, (_start(initial_h, X, R),), step)


TABLE: Table = {"LSTM": lstm, "GRU": gru, "RNN": rnn}
