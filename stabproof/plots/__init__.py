"""Pictures of results: `sp.plot(result)` draws into matplotlib axes."""

from stabproof.plots.plot import figures, plot

__all__ = ["figures", "plot"]
