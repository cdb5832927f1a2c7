"""Images of directions on the faces of the cube, as estimates."""

import numpy as np

from certify.lyapunov.face_tree import others


def images_on_faces(dimension: int, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Face (M,) and place (M, d-1) of vectors (d, M), in floating point."""
    face = np.abs(vectors).argmax(axis=0)
    order = np.array([others(dimension, a) for a in range(dimension)])
    leading = np.take_along_axis(vectors, face[None], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        places = np.take_along_axis(vectors, order[face].T, axis=0) / leading
    return face, np.clip(np.nan_to_num(places), -1.0, 1.0).T


def vectors_on_faces(dimension: int, face: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The vectors (d, M) of places (M, d-1) on faces (M,)."""
    vectors = np.ones((dimension, len(face)))
    for a in range(dimension):
        chosen = face == a
        for axis, b in enumerate(others(dimension, a)):
            vectors[b, chosen] = places[chosen, axis]
    return vectors
