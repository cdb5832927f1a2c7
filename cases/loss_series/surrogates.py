"""Null models of a series: the same values without its order, or with its linear correlations alone."""

from typing import Any

import numpy as np

from foundation import InputError, finite_array


def shuffled(series: Any, generator: np.random.Generator) -> np.ndarray:
    """The values in random order: what a series without any memory would look like."""
    return np.asarray(generator.permutation(_vector(series)))


def phase_randomised(series: Any, generator: np.random.Generator) -> np.ndarray:
    """A series with the same values and nearly the same power spectrum, random otherwise.

    Amplitude-adjusted Fourier transform: the ranks are made Gaussian, the phases of their Fourier transform random, and
    the values put back in the new order [Theiler, Eubank, Longtin, Galdrikian, Farmer, Physica D 58, 1992].
    """
    values = _vector(series)
    gaussian = np.sort(generator.standard_normal(len(values)))[_ranks(values)]
    spectrum = np.fft.rfft(gaussian)
    turned = spectrum * np.exp(2j * np.pi * generator.random(len(spectrum)))
    turned[0] = spectrum[0]
    if len(values) % 2 == 0:
        turned[-1] = spectrum[-1]
    return np.asarray(np.sort(values)[_ranks(np.fft.irfft(turned, len(values)))])


def _ranks(values: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(values), dtype=int)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _vector(series: Any) -> np.ndarray:
    values = finite_array(series, "series")
    if values.ndim != 1 or len(values) < 4:
        raise InputError(f"series must be a vector of at least 4 numbers, but has shape {values.shape}")
    return values
