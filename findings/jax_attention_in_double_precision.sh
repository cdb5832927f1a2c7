#!/usr/bin/env bash
# JAX 0.12.0.1 (CPU, 64-bit mode): jax.nn.dot_product_attention takes and returns float64, and rounds to float32 inside.
#
# With 64-bit types enabled, float64 queries, keys and values give a float64 result that differs from the formula
# softmax(q k^T / sqrt(d)) v by about 1e-7: the logits are rounded to float32 before the softmax. Casting them by hand
# reproduces the result to the last bit. No warning; a finite-difference check in double precision, or a proof about the
# network of real numbers, sees another function. Seen: float64, gap 7.8e-08, gap with the cast 0.0 (0.10.2: the same).
# A layer written with einsum and jax.nn.softmax stays in double precision.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "jax==0.12.0.1" "jaxlib==0.12.0" "numpy==2.5.5"
"$folder/venv/bin/python" - <<'PYTHON'
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(0)
q, k, v = (jnp.asarray(rng.normal(size=(1, 4, 2, 8))) for _ in range(3))
found = jax.nn.dot_product_attention(q, k, v)
logits = jnp.einsum("bthd,bshd->bhts", q, k) / np.sqrt(8)


def attend(weights):
    return jnp.einsum("bhts,bshd->bthd", weights, v)


gap = float(jnp.abs(found - attend(jax.nn.softmax(logits, -1))).max())
cast = float(jnp.abs(found - attend(jax.nn.softmax(logits.astype(jnp.float32), -1).astype(jnp.float64))).max())
print("jax", jax.__version__, found.dtype, "gap", gap, "gap with the cast", cast)
assert found.dtype == jnp.float64
assert gap > 1e-9, "float64 attention no longer differs from the formula"
assert cast < 1e-14, "the difference is no longer that of a cast to float32"
PYTHON
