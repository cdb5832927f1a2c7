"""Draws the figures of the tracking study from its files."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

_COLOURS = {0.25: "#0b5394", 0.5: "#d97706", 0.9: "#3f6212"}
_MARKERS = {0.25: "o", 0.5: "s", 0.9: "^"}


def draw(source: Path, target: Path) -> None:
    """ratios.svg, exponents.svg and losses.svg in `target`."""
    runs = read(source)
    target.mkdir(parents=True, exist_ok=True)
    batches = sorted({batch for batch, _ in runs})
    _panels(runs, batches, _ratio, "eta / eta_c(theta_t)", target / "tracking-ratios.svg")
    _panels(runs, batches, _exponent, "exponent, nats per step", target / "tracking-exponents.svg")
    _panels(runs, batches, _loss, "loss", target / "tracking-losses.svg")


def table(source: Path) -> str:
    """The runs as a Markdown table: ratios eta / eta_c at the start, the least and the last, ranges over seeds."""
    lines = [
        "| B | eta | start | least | end | lambda at the end | bound, confidence 1 - 1e-9 | checkpoint in steps |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (batch, _), group in sorted(read(source).items()):
        rate = group[0]["learning_rate"]
        lower, upper, exponent = _columns(group, "almost_sure_lower", "almost_sure_upper", "exponent")
        ratios = 2 * rate / (lower + upper)
        bounds = [run["checkpoints"][-1].get("confidence_upper") for run in group]
        bound = next((f"{value:+.1e}" for value in bounds if value is not None), "-")
        cost = np.mean([run["seconds_per_checkpoint"] / run["seconds_per_step"] for run in group])
        cells = (_range(ratios[:, 0]), _range(ratios.min(axis=1)), _range(ratios[:, -1]))
        last = f"{exponent[:, -1].mean():+.1e}"
        lines.append(f"| {batch} | {rate:.3f} | {' | '.join(cells)} | {last} | {bound} | {cost:.0f} |")
    return "\n".join(lines)


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.2f}", f"{values.max():.2f}"
    return low if low == high else f"{low} to {high}"


def read(source: Path) -> dict[tuple[int, float], list[dict[str, Any]]]:
    """Runs by batch size and multiple of the initial mean-square rate."""
    runs = defaultdict(list)
    for path in sorted(source.glob("*.json")):
        run = json.loads(path.read_text())
        runs[run["batch"], run["multiple"]].append(run)
    return dict(runs)


def _panels(runs: Any, batches: list[int], draw_one: Any, label: str, path: Path) -> None:
    figure, axes = plt.subplots(1, len(batches), figsize=(3.4 * len(batches), 3.4), sharey=True, layout="constrained")
    for place, (axis, batch) in enumerate(zip(np.atleast_1d(axes), batches, strict=True)):
        for (size, multiple), group in sorted(runs.items()):
            if size == batch:
                draw_one(axis, multiple, group)
        name = "gradient descent" if batch == max(batches) else f"SGD, B = {batch}"
        axis.set(title=name, xlabel="epoch", xscale="symlog")
        axis.set_xlim(left=-0.3)
        axis.grid(alpha=0.3)
        if place == 0:
            axis.set_ylabel(label)
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)), fontsize=9)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _columns(group: list[dict[str, Any]], *names: str) -> list[np.ndarray]:
    """Each name as an array (runs, checkpoints), cut to the shortest run."""
    count = min(len(run["checkpoints"]) for run in group)
    return [np.array([[point[name] for point in run["checkpoints"][:count]] for run in group]) for name in names]


def _epochs(group: list[dict[str, Any]]) -> np.ndarray:
    (steps,) = _columns(group, "step")
    return steps[0] * group[0]["batch"] / 48


def _band(axis: Any, x: np.ndarray, values: np.ndarray, multiple: float, label: str) -> None:
    colour, marker = _COLOURS[multiple], _MARKERS[multiple]
    low, high = values.min(axis=0), values.max(axis=0)
    axis.plot(x, values.mean(axis=0), color=colour, marker=marker, markersize=4, label=label)
    axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)


def _ratio(axis: Any, multiple: float, group: list[dict[str, Any]]) -> None:
    lower, upper = _columns(group, "almost_sure_lower", "almost_sure_upper")
    rate = group[0]["learning_rate"]
    _band(axis, _epochs(group), 2 * rate / (lower + upper), multiple, f"eta = {multiple} eta_ms(theta_0)")
    axis.axhline(1.0, color="black", linestyle=":", linewidth=1)


def _exponent(axis: Any, multiple: float, group: list[dict[str, Any]]) -> None:
    (exponent,) = _columns(group, "exponent")
    x = _epochs(group)
    _band(axis, x, exponent, multiple, f"lambda, eta = {multiple} eta_ms(theta_0)")
    bounded = [run for run in group if "confidence_upper" in run["checkpoints"][0]]
    if bounded:
        (bounds,) = _columns(bounded, "confidence_upper")
        label = "upper bound, confidence 1 - 1e-9" if multiple == 0.9 else None
        axis.plot(x, bounds[0][: len(x)], "_", color=_COLOURS[multiple], markersize=9, markeredgewidth=2, label=label)
    axis.axhline(0.0, color="black", linestyle=":", linewidth=1)
    axis.set_yscale("symlog", linthresh=1e-5)


def _loss(axis: Any, multiple: float, group: list[dict[str, Any]]) -> None:
    (loss,) = _columns(group, "loss")
    _band(axis, _epochs(group), np.maximum(loss, 1e-30), multiple, f"eta = {multiple} eta_ms(theta_0)")
    axis.set_yscale("log")
