"""All sentences by their identifier; the modules that hold them are loaded when one of theirs is asked for."""

from collections.abc import Iterator, Mapping

from certify.statements.template import Template
from foundation import load

_MODULES = (
    *("minimum", "exponents", "equilibrium", "equilibria", "periodic", "flows", "horseshoes", "morse", "kuramoto"),
    *("hopfield", "trajectories", "training", "inequalities", "branches", "sharpness", "values", "opinions"),
)
"""The modules of this package, in the order of the specification."""

# what stands before the dot of an identifier -> the modules of this package that hold such sentences
_HOMES = {
    "minimum": ("minimum", "training"),
    "learning-rates": ("minimum", "training"),
    "exponent": ("exponents",),
    "equilibrium": ("equilibrium",),
    "linearisation": ("equilibrium",),
    "all-equilibria": ("equilibria",),
    "periodic-point": ("periodic",),
    "periodic-orbit": ("periodic",),
    "time-map": ("flows",),
    "flow": ("flows",),
    "horseshoe": ("horseshoes",),
    "morse": ("morse",),
    "locked-state": ("kuramoto",),
    "hopfield": ("hopfield",),
    "descent": ("trajectories",),
    "orbit-exponent": ("trajectories",),
    "null-directions": ("trajectories",),
    "sampling": ("training",),
    "optimizer": ("training",),
    "strict-minimum": ("training",),
    "symmetric-minimum": ("training",),
    "basin": ("training",),
    "loss": ("training",),
    "inequality": ("inequalities",),
    "lyapunov-function": ("inequalities",),
    "contraction": ("inequalities",),
    "branch": ("branches",),
    "sharpness": ("sharpness",),
    "values": ("values",),
    "opinions": ("opinions",),
}


class _Catalogue(Mapping[str, Template]):
    """The templates of all modules as one table."""

    def __getitem__(self, id: str) -> Template:
        for module in _HOMES.get(id.partition(".")[0], ()):
            for template in load(f"certify.statements.{module}").TEMPLATES:
                if template.id == id:
                    found: Template = template
                    return found
        raise KeyError(id)

    def __iter__(self) -> Iterator[str]:
        for module in _MODULES:
            for template in load(f"certify.statements.{module}").TEMPLATES:
                yield template.id

    def __len__(self) -> int:
        return sum(1 for _ in self)


TEMPLATES: Mapping[str, Template] = _Catalogue()
