#!/usr/bin/env bash
# JAX 0.10.2 (CPU, 64-bit mode): a position of type int64 beyond 2^32 is read modulo 2^32.
#
# `jnp.take(a, i, mode="fill")` and `a.at[i].get(mode="fill")` are documented to give NaN where i is outside the array.
# For i = 2 (an array of two entries) and i = 2^31 they do; for i = 2^32 they give entry 0, for 2^32 + 1 entry 1.
# With mode="clip" 2^31 gives entry 0 instead of the last one. Valid input, no error, no warning.
# Seen: [nan] [nan] [10.] [20.] and, clipped, [20.] [10.] [10.] [20.].
# A front door that turns tokens into positions must bound them before it indexes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "jax==0.10.2" "jaxlib==0.10.2" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp

a = jnp.array([10.0, 20.0])
positions = [2, 2**31, 2**32, 2**32 + 1]
filled = [str(a.at[jnp.array([i])].get(mode="fill")) for i in positions]
taken = [str(jnp.take(a, jnp.array([i]), mode="fill")) for i in positions]
clipped = [str(a.at[jnp.array([i])].get(mode="clip")) for i in positions]
print("jax", jax.__version__, "filled", *filled, "taken", *taken, "clipped", *clipped)
assert filled == taken == ["[nan]", "[nan]", "[10.]", "[20.]"], "the behaviour of mode='fill' has changed"
assert clipped == ["[20.]", "[10.]", "[10.]", "[20.]"], "the behaviour of mode='clip' has changed"
PYTHON
