"""sp.plot: axes in, axes out; what is drawn is what is proved."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import stabproof as sp
from foundation import InputError
from stabproof.plots import figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def minimum():
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, np.array([1.5, 2.0]), np.ones(1), np.full(1, 3.0))
    return sp.certify_minimum(problem, sp.GradientDescent(0.1))


@pytest.fixture(scope="module")
def three():
    import sympy

    x, y = sympy.symbols("x y", real=True)
    return sp.all_equilibria([x - x**3, -y], [(-2, 2), (-1, 1)])


def points(axes):
    """The coordinates of every diamond, which stands for something proved."""
    found = [line.get_xydata() for line in axes.lines if line.get_marker() == "D"]
    return np.vstack(found) if found else np.empty((0, 2))


def test_axes_go_in_and_come_out(minimum):
    _, axes = plt.subplots()
    assert sp.plot(minimum, axes) is axes
    assert minimum.plot(axes, what="learning rates") is axes
    assert minimum.plot().figure is not axes.figure


def test_the_multiplier_lies_in_the_unit_circle(minimum):
    # f = t0 t1 x at (1.5, 2): J = (2, 1.5), h = 6.25, so that the multiplier is 1 - 0.625
    assert points(sp.plot(minimum)) == pytest.approx(np.array([[0.375, 0.0], [0.375, 0.0]]), abs=1e-12)


def test_the_plane_of_learning_rates(minimum):
    axes = minimum.plot(what="learning rates")
    drawn = {tuple(np.round(point, 9)) for point in points(axes)}
    assert drawn == {(6.25, 0.1), (6.25, 0.32)}


def test_a_portrait_shows_every_equilibrium_by_its_stability(three):
    axes = sp.plot(three)
    by_label = {line.get_label(): line.get_xydata() for line in axes.lines if line.get_marker() == "D"}
    assert by_label["stable (proved)"] == pytest.approx(np.array([[-1.0, 0.0], [1.0, 0.0]]))
    assert by_label["unstable (proved)"] == pytest.approx(np.array([[0.0, 0.0]]))
    spectrum = three.equilibria[1].plot(what="spectrum")
    # at (0, 0) the derivative is diag(1, -1)
    assert sorted(points(spectrum).tolist()) == [[-1.0, 0.0], [1.0, 0.0]]


def test_bounds_of_an_exponent_tighten_towards_it():
    found = sp.lyapunov_exponent([np.diag([0.5, 0.25])])
    axes = sp.plot(found, what="bounds")
    for line in axes.lines:
        heights = np.asarray(line.get_ydata(), dtype=float)
        if line.get_label() == "upper bound":
            assert (np.diff(heights) <= 0).all()
            assert heights[-1] >= np.log(0.5)
        if line.get_label() == "lower bound":
            assert (np.diff(heights) >= 0).all()
            assert heights[-1] <= np.log(0.5)
    assert any(line.get_label() in ("upper bound", "lower bound") for line in axes.lines)


def test_spectra_and_tubes():
    matrix = np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert sorted(points(sp.plot(sp.eigenvalues(matrix))).tolist()) == [[0.0, -1.0], [0.0, 1.0]]
    axes = sp.plot(sp.symmetric_eigenvalues(np.diag([1.0, 2.0])))
    assert axes.get_ylabel() == "eigenvalue"
    assert sp.plot(sp.singular_values(matrix)).get_ylabel() == "singular value"


def test_runs_are_drawn():
    from stabproof.numeric import orbit, training_orbit

    problem = sp.Regression(lambda t, x: t[0] * x, np.array([0.0]), np.ones(1), np.ones(1))
    run = training_orbit(problem, sp.GradientDescent(0.5), 8)
    (line,) = sp.plot(run).lines
    # theta_k = 1 - 2^-k, so that the loss is 4^-k / 2
    assert line.get_ydata() == pytest.approx(0.5 * 0.25 ** np.arange(9))
    assert figures(run).keys() == {"loss", "weights"}
    (path,) = sp.plot(orbit(lambda x: x / 2, [1.0], 4)).lines
    assert path.get_ydata() == pytest.approx(0.5 ** np.arange(5))


def test_what_cannot_be_drawn_is_said(minimum):
    with pytest.raises(InputError, match="cannot plot an int"):
        sp.plot(3)
    with pytest.raises(InputError, match=r"no figure 'loss'; choose one of 'spectrum', 'learning rates'"):
        sp.plot(minimum, what="loss")


def test_the_field_and_the_steps_are_drawn_in_files_too():
    from cases.common.plot import Plot, Series
    from stabproof.reports.figure import png, svg

    grid = np.linspace(-1, 1, 5)
    arrows = np.stack(np.meshgrid(grid, -grid), axis=-1)
    drawn = Plot("t", "x", "y", (Series("field", grid, grid, "", upper=arrows), Series("steps", grid, grid, "s")), "a")
    assert svg(drawn) == svg(drawn)
    assert png(drawn, (4, 3), 50).startswith(b"\x89PNG")


def test_a_bifurcation_diagram_shows_what_is_proved():
    import sympy

    x, p = sympy.symbols("x p", real=True)
    found = sp.certify_branch([p - x**2], [-1], (p, 1, 2))
    assert list(figures(found)) == ["x_1"]
    axes = sp.plot(found)
    (line,) = axes.lines
    assert line.get_linestyle() == "--"
    drawn = line.get_xydata()[1:-1]
    assert drawn[:, 0] == pytest.approx(drawn[:, 1] ** 2, abs=2e-2)
    assert drawn[:, 1].max() < 0
    assert np.nanmin(line.get_xdata()) <= 1 + 1e-9
    assert np.nanmax(line.get_xdata()) >= 2 - 1e-9
    odd = sp.certify_branch([p * x - x**3], [0], (p, -1, 1), symmetry="odd")
    axes = sp.plot(odd)
    assert points(axes) == pytest.approx(np.zeros((1, 2)), abs=1e-12)
    stable, unstable, unproved = axes.lines[:3]
    assert np.nanmax(stable.get_xdata()) <= 0 <= np.nanmin(unstable.get_xdata())
    assert np.nanmin(unproved.get_xdata()) <= 0 <= np.nanmax(unproved.get_xdata())
    assert "pitchfork (proved)" in [text.get_text() for text in axes.get_legend().get_texts()]
    # p = x^3 - x has its folds at x = -+1/sqrt(3), p = +-2/sqrt(27); their proofs measure p in another unit
    folded = sp.certify_branch([p + x - x**3], [-1.3], (p, -0.6, 0.5))
    assert any(folded.witness["points"][0]["units"])
    at = np.array([2 / 27**0.5, -(3**-0.5)])
    assert points(sp.plot(folded)) == pytest.approx(np.array([at, -at]), abs=1e-9)
    flat = sp.plot(sp.certify_branch([p * x], [0], (p, -1, 1), variables=[x], symmetry="odd"))
    assert "critical (proved)" in [text.get_text() for text in flat.get_legend().get_texts()]
