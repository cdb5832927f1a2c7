"""Examples that repeat another one, against a comparison of all pairs."""

import numpy as np
import pytest

from certify.minimum.repeated import contradiction, distinct


def naive_groups(rows):
    """For each row the position of the first row that is equal to it as numbers."""
    return [next(j for j, other in enumerate(rows) if np.array_equal(other, row)) for row in rows]


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_those_of_a_comparison_of_all_pairs(seed):
    generator = np.random.default_rng(seed)
    examples, width = int(generator.integers(1, 25)), int(generator.integers(1, 4))
    signs = generator.choice([-1.0, 1.0], size=(examples, width))
    inputs = signs * generator.integers(0, 2, size=(examples, width))  # zeros of both signs among them
    targets = generator.integers(0, 2, size=(examples, 1)).astype(float)
    first = naive_groups(np.concatenate([inputs, targets], axis=1))
    found = distinct(inputs, targets)
    assert found.kept.tolist() == sorted(set(first))
    assert found.counts.tolist() == [first.count(k) for k in found.kept]
    assert found.copies == examples - len(set(first))
    same = naive_groups(inputs)
    clashes = [i for i in range(examples) if targets[i, 0] != targets[same[i], 0]]
    assert contradiction(inputs, targets) == ((same[clashes[0]], clashes[0]) if clashes else None)


def test_neighbouring_floats_are_two_examples():
    inputs = np.array([[1.0, 2.0], [1.0, np.nextafter(2.0, 3.0)], [1.0, 2.0]])
    found = distinct(inputs, np.zeros((3, 1)))
    assert found.kept.tolist() == [0, 1]
    assert found.counts.tolist() == [2, 1]
