"""Frames of k vectors for many chains: their growth is read off and they are made orthonormal again."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float64, Key


def random_frames(key: Key[Array, ""], dimension: int, count: int, chains: int) -> Float64[Array, "d k C"]:
    """Orthonormal frames, uniformly distributed; chains are the last axis, so that a step is contiguous in memory."""
    return orthonormalise(jax.random.normal(key, (dimension, count, chains), jnp.float64))[0]


def orthonormalise(frames: Float64[Array, "d k C"]) -> tuple[Float64[Array, "d k C"], Float64[Array, "k C"]]:
    """Q and log|diag R| of the QR decomposition of each frame; the logarithm is -inf where a vector has vanished."""
    if frames.shape[1] == 1:
        norms = jnp.sqrt(jnp.sum(frames * frames, axis=0))
        return frames / jnp.where(norms > 0, norms, 1.0), jnp.log(norms)
    basis, triangle = jnp.linalg.qr(jnp.moveaxis(frames, -1, 0))
    diagonal = jnp.abs(jnp.diagonal(triangle, axis1=1, axis2=2))
    return jnp.moveaxis(basis, 0, -1), jnp.log(diagonal).T
