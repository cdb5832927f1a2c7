"""L = k (1 - t1 t2)^2 under gradient descent: a hyperbola of minima, stable on an arc around (1, 1) and (-1, -1)."""
