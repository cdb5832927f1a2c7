"""Sampling is uniform and without replacement; a block of fast steps equals the same steps done one by one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from numeric.lyapunov.frames import orthonormalise, random_frames
from numeric.lyapunov.gram import _deferred, _rows
from numeric.lyapunov.sampling import batch_masks, batches, uniform_indices, weighted_indices

KEY = jax.random.key(7)


@pytest.fixture(autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("number", [1, 3, 100, 1024])
def test_indices_are_uniform_and_uncorrelated(number):
    drawn = np.asarray(uniform_indices(KEY, number, (40, 2000)))
    assert drawn.shape == (40, 2000)
    assert drawn.max() < number
    if number > 1:
        assert stats.chisquare(np.bincount(drawn.ravel(), minlength=number)).pvalue > 1e-4
        correlation = np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(drawn.size)


def test_weighted_indices_follow_their_probabilities():
    probabilities = np.array([0.2, 0.0, 0.5, 0.3])
    drawn = np.asarray(weighted_indices(KEY, jnp.cumsum(jnp.array(probabilities)), (50, 1000)))
    counts = np.bincount(drawn.ravel(), minlength=4)
    assert counts[1] == 0
    positive = [0, 2, 3]
    assert stats.chisquare(counts[positive], 50_000 * probabilities[positive]).pvalue > 1e-4


@pytest.mark.parametrize(("number", "size"), [(5, 2), (6, 5), (4, 4)])
def test_batches_and_masks_are_uniform_over_all_subsets(number, size):
    subsets = list(itertools.combinations(range(number), size))
    drawn = np.sort(np.asarray(batches(KEY, number, size, (20, 1000))), axis=1)
    masks = np.asarray(batch_masks(KEY, number, size, 20_000))
    assert (masks.sum(axis=0) == size).all()
    for lists in (drawn.transpose(0, 2, 1).reshape(-1, size), [np.flatnonzero(mask) for mask in masks.T]):
        counts = dict.fromkeys(subsets, 0)
        for subset in lists:
            counts[tuple(map(int, subset))] += 1
        if len(subsets) > 1:
            assert stats.chisquare(list(counts.values())).pvalue > 1e-4


@pytest.mark.parametrize(("batch_size", "outputs", "count"), [(1, 1, 3), (2, 1, 1), (3, 2, 1)])
def test_deferred_updates_equal_single_steps(rng, batch_size, outputs, count):
    """Six steps w <- (I - scale E_S K) w of five chains, with plain matrices."""
    number, steps, chains, scale = 9, 6, 5, 0.3
    size = number * outputs
    rows = rng.normal(size=(size, size + 3))
    gram = rows @ rows.T / size
    frames = rng.normal(size=(size, count, chains))
    drawn = batches(KEY, number, batch_size, (steps, chains))
    image = scale * jnp.einsum("ij,jkc->ikc", gram, frames)
    result = _deferred(jnp.asarray(scale * gram).reshape(-1), image, jnp.asarray(frames), _rows(drawn, outputs))
    expected = frames.copy()
    for step, chain in itertools.product(range(steps), range(chains)):
        mask = np.zeros(size)
        for example in np.asarray(drawn)[step, :, chain]:
            mask[int(example) * outputs : (int(example) + 1) * outputs] = 1
        expected[:, :, chain] -= scale * mask[:, None] * (gram @ expected[:, :, chain])
    np.testing.assert_allclose(result, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("count", [1, 3])
def test_frames_are_orthonormal_and_growth_is_the_volume(count):
    frames = random_frames(KEY, 6, count, 11)
    np.testing.assert_allclose(
        np.einsum("dic,djc->ijc", frames, frames), np.eye(count)[..., None] * np.ones(11), atol=1e-14
    )
    scaled = 3.0 * frames
    basis, growth = orthonormalise(scaled)
    np.testing.assert_allclose(growth, np.log(3.0), rtol=1e-13)
    np.testing.assert_allclose(np.abs(np.einsum("dic,dic->ic", basis, frames)), 1.0, rtol=1e-13)
