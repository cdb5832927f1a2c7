"""Networks that float64 balls do not decide: proved all the same, and the certificate says with what."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp


def pooled(params, x):
    kernel, bias, out = params
    hidden = jnp.maximum(jax.lax.conv_general_dilated(x[None, None], kernel, (1, 1), "SAME") + bias, 0.0)
    most = jax.lax.reduce_window(hidden, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return most.reshape(-1) @ out


@pytest.fixture(scope="module")
def certificate():
    """A pooling network on pictures with a constant background, at parameters that interpolate."""
    rng = np.random.default_rng(5)
    pictures = np.zeros((2, 6, 6))
    pictures[0, 1, 1:4], pictures[1, 3:5, 4] = [1.0, 0.5, -1.0], [2.0, -0.5]
    params = (rng.normal(size=(1, 1, 3, 3)), np.array(0.3), rng.normal(size=9))
    with jax.enable_x64(True):
        targets = np.array([pooled(params, x) for x in pictures])
    return sp.certify_minimum(sp.Regression(pooled, params, pictures, targets), sp.GradientDescent(1e-3))


def test_pooling_on_a_constant_background_is_proved(certificate):
    assert certificate.verdict is sp.Verdict.STABLE
    assert certificate.existence_radius < 1e-13
    assert certificate.sharpness.width < 1e-12 * certificate.sharpness.upper
    said = {h.name: h for h in certificate.hypotheses}
    assert "equal operands of maxima merged" in said["H1"].reason
    assert said["smooth"].status.name == "PROVED"


def test_the_proof_is_repeated_from_the_file(certificate, tmp_path):
    certificate.save(tmp_path / "pooled.json")
    assert sp.check(tmp_path / "pooled.json").verdict is sp.Verdict.STABLE


def test_attention_that_rounds_inside_is_refused_with_the_way_out():
    def attention(params, x):
        q = (x @ params).reshape(1, 2, 1, 2)
        return jax.nn.dot_product_attention(q, q, q, is_causal=True).sum()

    problem = sp.Regression(attention, np.eye(2), np.ones((1, 2, 2)), np.array([4.0]))
    with pytest.raises(sp.InputError, match="rounds to float32"):
        sp.certify_minimum(problem, sp.GradientDescent(0.1))
