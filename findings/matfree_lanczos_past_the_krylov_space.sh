#!/usr/bin/env bash
# matfree 0.6.3 (JAX 0.10.2, CPU, 64-bit mode): Lanczos with full reorthogonalisation past the end of the Krylov space.
#
# `decomp.tridiag_sym(k)` (reortho="full" is its default) of the identity, whose Krylov spaces have dimension 1, gives a
# tridiagonal matrix that is not a compression of the identity: the residual after the first step is rounding alone, is
# normalised all the same, and the "Ritz values" leave the spectrum {1}. Where the residual is exactly 0 they are NaN.
# Valid input, no error, no warning. Seen: identity of size 5, start (1, 2, 3, 4, 5), k = 5: Ritz values from
# -3.19 to 5.19; identity of size 3, start (1, 2, 3), k = 2: NaN. Ritz values of a symmetric matrix lie between its
# extreme eigenvalues: stop at the grade of the start, or compare the norm of the residual with rounding.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  "matfree==0.6.3" "jax==0.10.2" "jaxlib==0.10.2" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import jax

jax.config.update("jax_enable_x64", True)
import numpy as np
from matfree import decomp


def tridiagonal(size, depth):
    return np.asarray(decomp.tridiag_sym(depth)(lambda v: v, np.arange(1.0, size + 1))[1])


ritz = np.linalg.eigvalsh(tridiagonal(5, 5))
broken = tridiagonal(3, 2)
print("matfree", version("matfree"), "identity of size 5:", ritz, "identity of size 3:", broken.tolist())
assert ritz.min() < 0.5 and ritz.max() > 1.5, "the Ritz values of the identity are near 1 now"
assert np.isnan(broken).any(), "the exact zero residual is no longer divided by"
PYTHON
