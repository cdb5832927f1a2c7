"""Parameters of cases: numbers that are too large, and numbers where a list is asked for."""

from fractions import Fraction

import numpy as np
import pytest

from cases.common.parameters import as_float, exact_rational, rational_vector
from cases.common.readers import bounded_vector, run_folder
from foundation import InputError


@pytest.mark.parametrize("value", ["1e999999999", "-1E+10000", "1e-99_999", "nan", "1" * 1001])
def test_numbers_that_would_fill_the_memory_are_refused(value):
    with pytest.raises(InputError, match="finite number"):
        exact_rational(value, "rate")


def test_the_size_of_a_number_beyond_float64_is_told_in_a_short_sentence():
    with pytest.raises(InputError, match="a number of 401 digits") as error:
        as_float(exact_rational("1e400", "rate"))
    assert len(str(error.value)) < 100


def test_one_number_is_a_list_of_one():
    read = rational_vector()
    assert read(2, "start") == read(np.float64(2.0), "start") == read([2], "start") == read("2", "start")
    assert read(Fraction(1, 3), "start") == (Fraction(1, 3),)
    for value in (True, None):
        with pytest.raises(InputError, match="start must be"):
            read(value, "start")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1,2", "must hold 3 numbers, but holds 2"),
        ("1,0,1", "between 1 and 9, but is '0'"),
        ("1,1,1e300", r"between 1 and 9, but is '1\.00000e\+300'"),
    ],
)
def test_bounded_vectors_tell_what_was_seen(value, words):
    with pytest.raises(InputError, match=words):
        bounded_vector(1, 9, 3, shortest=3)(value, "masses")


def test_a_folder_of_runs_need_not_exist_but_must_not_be_a_file(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert run_folder(tmp_path / "a" / "b", "folder") == str(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    for bad in (file, file / "runs", "", " ", "a\0b", 3, None):
        with pytest.raises(InputError, match="folder must be the path of a folder"):
            run_folder(bad, "folder")
