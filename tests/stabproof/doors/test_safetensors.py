"""`load_safetensors`: every number exactly."""

import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

numpy = pytest.importorskip("safetensors.numpy")


def test_numbers_come_back_exactly(tmp_path):
    """Without 64-bit mode a reader through JAX would make 1e300 infinite and 2^40 zero."""
    path = tmp_path / "w.safetensors"
    arrays = {
        "wide": np.array([1e300, 0.1]),
        "narrow": np.array([[0.1, 2.0]], np.float32),
        "half": np.array([0.1], np.float16),
        "count": np.array([2**40]),
        "mask": np.array([True, False]),
    }
    numpy.save_file(arrays, str(path))
    read = sp.load_safetensors(path)
    assert read["wide"].tolist() == [1e300, 0.1]
    assert read["narrow"].dtype == np.float64
    assert read["narrow"][0, 0] == float(np.float32(0.1))
    assert read["half"][0] == float(np.float16(0.1))
    assert read["count"].tolist() == [2**40]
    assert read["count"].dtype == np.int64
    assert read["mask"].dtype == bool


def test_transposed_arrays_survive_a_round_trip(tmp_path):
    """The writer is given arrays in C order: 0.8.0 does not keep the order of others."""
    path = tmp_path / "w.safetensors"
    array = np.arange(6.0).reshape(2, 3).T
    numpy.save_file({"a": np.ascontiguousarray(array)}, str(path))
    np.testing.assert_array_equal(sp.load_safetensors(path)["a"], array)


def test_refusals(tmp_path):
    path = tmp_path / "w.safetensors"
    numpy.save_file({"a": np.array([np.inf])}, str(path))
    with pytest.raises(InputError, match="NaN or infinities"):
        sp.load_safetensors(path)
    path.write_bytes(b"no tensors here")
    with pytest.raises(InputError, match="cannot be read"):
        sp.load_safetensors(path)
    for absent in (tmp_path / "absent", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            sp.load_safetensors(absent)
    with pytest.raises(InputError, match="is an int"):
        sp.load_safetensors(3)
