"""Runs in chunks: resumed after a kill, whole files only, foreign and damaged folders refused."""

import json

import numpy as np
import pytest

from foundation import InputError
from numeric.trajectories import SoftmaxNetwork, divergence, in_chunks


class Killed(Exception):
    """Stands for a process that dies."""


def squares(items):
    return {"square": np.array([[float(k * k)] for k in items])}


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    done = []

    def work(items, dies_at=None):
        if dies_at in items:
            raise Killed
        done.append(items)
        return squares(items)

    with pytest.raises(Killed):
        in_chunks(10, 3, lambda items: work(items, 7), settings={"a": 1}, folder=tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".npz", ".npz"]
    told = []
    found = in_chunks(10, 3, work, settings={"a": 1}, folder=tmp_path, progress=lambda m, share: told.append(share))
    assert found["square"][:, 0].tolist() == [k * k for k in range(10)]
    assert done == [range(0, 3), range(3, 6), range(6, 9), range(9, 10)]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_other_settings_and_damaged_files_are_refused(tmp_path):
    in_chunks(4, 2, squares, settings={"a": 1}, folder=tmp_path)
    with pytest.raises(InputError, match="other settings"):
        in_chunks(4, 2, squares, settings={"a": 2}, folder=tmp_path)
    with pytest.raises(InputError, match="other settings"):
        in_chunks(4, 4, squares, settings={"a": 1}, folder=tmp_path)
    target = tmp_path / "items-000000-000002.npz"
    whole = target.read_bytes()
    for damage in (b"", whole[: len(whole) // 2], b"nothing"):
        target.write_bytes(damage)
        with pytest.raises(InputError, match="cannot be read"):
            in_chunks(4, 2, squares, settings={"a": 1}, folder=tmp_path)
    np.savez(target, square=np.array([{"code": "object"}, 2], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        in_chunks(4, 2, squares, settings={"a": 1}, folder=tmp_path)
    np.savez(target, square=np.zeros((3, 1)))
    with pytest.raises(InputError, match="not of 2 items"):
        in_chunks(4, 2, squares, settings={"a": 1}, folder=tmp_path)


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(InputError, match="cannot be used"):
        in_chunks(4, 2, squares, settings={}, folder=tmp_path / "file")


def test_a_resumed_run_of_networks_gives_the_same_numbers(tmp_path):
    generator = np.random.default_rng(0)
    network = SoftmaxNetwork(generator.standard_normal((6, 2)), np.array([0, 1, 0, 1, 0, 1]), 2, 2)
    options = {"initial_conditions": 50, "perturbations": 2, "seed": 3}
    plain = divergence(network, 0.5, 1e-6, 12, **options)
    stored = divergence(network, 0.5, 1e-6, 12, **options, folder=tmp_path)
    removed = sorted(tmp_path.glob("*.npz"))[1]
    removed.unlink()
    resumed = divergence(network, 0.5, 1e-6, 12, **options, folder=tmp_path)
    for field in ("distances", "growth", "losses"):
        assert (getattr(plain, field) == getattr(stored, field)).all()
        assert (getattr(plain, field) == getattr(resumed, field)).all()
    assert plain.distances.shape == (50, 2, 13)
    assert json.loads((tmp_path / "settings.json").read_text())["seed"] == 3
    with pytest.raises(InputError, match="other settings"):
        divergence(network, 0.25, 1e-6, 12, **options, folder=tmp_path)
