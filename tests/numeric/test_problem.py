"""`Regression` against a NumPy transcription, and its refusals."""

from concurrent.futures import ThreadPoolExecutor

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from foundation import InputError
from numeric import Regression
from numeric.ntk import jacobian


def linear(params, x):
    return params["w"] @ x + params["b"]


@pytest.fixture
def data(rng):
    return {"w": rng.normal(size=3), "b": 0.25}, rng.normal(size=(5, 3)), rng.normal(size=5)


def test_sizes_residual_and_loss_of_a_linear_model(data):
    params, inputs, targets = data
    problem = Regression(linear, params, inputs, targets)
    expected = inputs @ params["w"] + 0.25 - targets
    assert (problem.number_of_examples, problem.outputs, problem.dimension) == (5, 1, 4)
    np.testing.assert_allclose(problem.residual(), expected, rtol=1e-14, atol=1e-15)
    assert problem.loss() == pytest.approx(np.mean(expected**2) / 2, rel=1e-14)


def test_64_bit_mode_is_used_and_left_alone(data):
    assert not jax.config.jax_enable_x64
    problem = Regression(linear, *data)
    assert problem.residual().dtype == np.float64
    assert not jax.config.jax_enable_x64
    assert jnp.ones(2).dtype == jnp.float32


def test_float32_is_taken_exactly(data):
    params, inputs, targets = data
    low = {"w": jnp.asarray(params["w"], jnp.float32), "b": jnp.float32(0.1)}
    problem = Regression(linear, low, np.float32(inputs), np.float32(targets))
    assert problem.params["b"] == float(np.float32(0.1))
    np.testing.assert_array_equal(problem.params["w"], np.asarray(low["w"]).astype(np.float64))
    np.testing.assert_array_equal(problem.inputs, np.float32(inputs).astype(np.float64))


def test_flat_vector_round_trip_and_with_params(data):
    problem = Regression(linear, *data)
    shifted = problem.flat_params + 1.0
    moved = problem.with_params(shifted)
    np.testing.assert_array_equal(moved.flat_params, shifted)
    np.testing.assert_array_equal(moved.params["w"], problem.params["w"] + 1.0)
    assert problem.params["b"] == 0.25
    np.testing.assert_allclose(moved.residual(), problem.residual(shifted), rtol=0, atol=0)


def embedded(params, tokens):
    return jnp.tanh(params["table"][tokens]).sum(0) @ params["out"]


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, list])
def test_tokens_given_as_integers_are_integers_for_predict(rng, kind):
    params = {"table": rng.normal(size=(4, 3)), "out": rng.normal(size=3)}
    tokens = np.array([[0, 3, 3], [1, 2, 0]])
    given = tokens.tolist() if kind is list else tokens.astype(kind)
    problem = Regression(embedded, params, given, np.zeros(2))
    assert problem.inputs.dtype == np.float64
    expected = np.tanh(params["table"][tokens]).sum(axis=1) @ params["out"]
    np.testing.assert_allclose(problem.residual(), expected, rtol=1e-13)
    with pytest.raises(InputError, match="give tokens as an array of integers"):
        Regression(embedded, params, tokens.astype(float), np.zeros(2))


def test_integers_are_real_numbers_where_predict_takes_such():
    problem = Regression(lambda p, x: p @ x**-1, np.array([3.0, 5.0]), np.array([[2, 4]]), np.zeros(1))
    assert problem.residual() == [3 / 2 + 5 / 4]


def test_a_loop_of_unknown_length_is_named_where_its_gradient_is_asked_for():
    def solved(p, x):
        return jax.lax.while_loop(lambda c: c[1] < x, lambda c: (jnp.cos(p * c[0]), c[1] + 1), (x, 0.0))[0]

    problem = Regression(solved, np.float64(0.5), np.array([3.0]), np.array([0.9]))
    assert np.isfinite(problem.residual()).all()
    with pytest.raises(InputError, match="while_loop"):
        jacobian(problem)


def test_vector_outputs_put_the_output_index_fastest(rng):
    weight, inputs, targets = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    problem = Regression(lambda w, x: w @ x, weight, inputs, targets)
    assert problem.outputs == 2
    np.testing.assert_allclose(problem.residual(), (inputs @ weight.T - targets).reshape(-1), rtol=1e-13, atol=1e-15)


def test_predict_flat_traces_to_float64(data):
    problem = Regression(linear, *data)
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(problem.predict_flat)(problem.flat_params, problem.inputs[0])
    assert [str(variable.aval) for variable in jaxpr.jaxpr.outvars] == ["float64[1]"]
    assert {str(variable.aval.dtype) for variable in jaxpr.jaxpr.invars} == {"float64"}


def test_equinox_module_keeps_its_functions(rng):
    module = eqx.nn.MLP(3, "scalar", 4, 1, activation=jnp.tanh, key=jax.random.key(0))
    inputs = rng.normal(size=(6, 3))
    problem = Regression(lambda m, x: m(x), module, inputs, np.zeros(6))
    w0, w1 = (np.asarray(layer.weight, np.float64) for layer in module.layers)
    b0, b1 = (np.asarray(layer.bias, np.float64) for layer in module.layers)
    expected = np.tanh(inputs @ w0.T + b0) @ w1.T + b1
    assert problem.dimension == 3 * 4 + 4 + 4 + 1
    np.testing.assert_allclose(problem.residual(), expected[:, 0], rtol=1e-13)


def test_a_model_already_compiled_in_single_precision_runs_in_double(data):
    """Functions that the user has jitted and used before are compiled again for float64."""
    jitted = jax.jit(linear)
    params, inputs, targets = data
    assert jitted(params, inputs[0]).dtype == jnp.float32
    problem = Regression(jitted, *data)
    np.testing.assert_allclose(problem.residual(), inputs @ params["w"] + 0.25 - targets, rtol=1e-14, atol=1e-15)
    assert jitted(params, inputs[0]).dtype == jnp.float32


def test_other_threads_and_64_bit_users_get_the_same(data):
    problem = Regression(linear, *data)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(problem.residual, [problem.flat_params] * 4))
    with jax.enable_x64(True):
        results.append(Regression(linear, *data).residual())
    for result in results:
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, problem.residual())


def test_equinox_numbers_stay_constants(rng):
    class Scaled(eqx.Module):
        weight: jax.Array
        scale: float

        def __call__(self, x):
            return self.scale * (self.weight @ x)

    problem = Regression(lambda m, x: m(x), Scaled(jnp.ones(2), 3.0), np.ones((1, 2)), np.zeros(1))
    assert problem.dimension == 2
    assert problem.residual()[0] == 6.0


def test_plain_pytrees_keep_functions_and_strings():
    params = {"w": np.array([2.0]), "activation": jnp.sin, "name": "sine", "bias": True}
    problem = Regression(lambda p, x: p["activation"](p["w"] * x), params, [0.5], [0.0])
    assert problem.dimension == 1
    assert problem.residual()[0] == pytest.approx(np.sin(1.0), rel=1e-15)


def test_python_floats_are_parameters():
    problem = Regression(lambda p, x: p[0] * p[1] * x, (2.5, 0.41), [1.0], [1.0])
    np.testing.assert_array_equal(problem.flat_params, [2.5, 0.41])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": np.full((5, 3), np.nan)}, "inputs holds nan"),
        ({"targets": np.array([1.0, 2.0, np.inf, 0.0, 0.0])}, "targets holds inf"),
        ({"inputs": np.zeros((0, 3)), "targets": np.zeros(0)}, "at least one"),
        ({"inputs": 1.0}, "one entry an example"),
        ({"targets": np.zeros(4)}, "5 examples but targets has 4"),
        ({"targets": np.zeros((5, 2))}, "targets has shape"),
        ({"targets": ["a"] * 5}, "real numbers"),
        ({"params": {"w": np.array([1, 2, 3]), "b": 0.0}}, r"params\['w'\] holds int64.*astype"),
        ({"params": {"w": np.ones(3), "b": 2}}, r"params\['b'\] holds int64"),
        ({"params": {"w": np.array([1.0, np.nan, 1.0]), "b": 0.0}}, r"params\['w'\] holds nan"),
        ({"params": {"w": np.ones(3) * 1j, "b": 0.0}}, "real numbers"),
        ({"params": {}}, "no floating-point parameter"),
        ({"params": {"w": np.ones(4), "b": 0.0}}, "predict fails.*TypeError"),
        ({"predict": 3}, "must be a function"),
        ({"predict": lambda p, x: jnp.outer(x, x)}, r"returns shape \(3, 3\)"),
        ({"predict": lambda p, x: (x, x)}, "returns tuple"),
        ({"predict": lambda p, x: (p["w"] @ x).astype(jnp.float32)}, "returns float32"),
        ({"predict": lambda p, x: jnp.log(-jnp.abs(p["w"] @ x))}, "not finite at example 0"),
        ({"predict": lambda p, x: 1.0 if x[0] > 0 else 0.0}, "predict fails"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(data, change, message):
    arguments = dict(zip(("predict", "params", "inputs", "targets"), (linear, *data), strict=True)) | change
    with pytest.raises(InputError, match=message):
        Regression(**arguments)


@pytest.mark.parametrize("theta", [np.zeros(3), np.full(4, np.nan), "x"])
def test_bad_parameter_vectors_are_refused(data, theta):
    with pytest.raises(InputError, match="theta"):
        Regression(linear, *data).with_params(theta)
