"""The table of JAX's primitives in the documentation; `python -m certify.program.lowering.table` writes it.

It follows from the rules and from the listed versions alone, so it is the same on every installation.
"""

from pathlib import Path

from certify.program.lowering.refused import REASONS
from certify.program.lowering.versions import CHANGES, VERSIONS, all_primitives, versions_of

TARGET = Path("docs/primitives.md")

_HEAD = """# JAX's primitives

A traced function is a list of JAX's primitives. Each is enclosed (its rule knows every parameter that the primitive may
carry; another parameter or value is refused by name), opened (a call, whose body is read), or refused with a reason.
The tests run every enclosed primitive against JAX itself on the same exact inputs. This page is written by
`python -m certify.program.lowering.table`.

Eigenvectors (`eigh`) and singular vectors (`svd`) are enclosed where the spectrum is proved to be separated. LAPACK's
signs are not a function of the matrix: a program is traced if its results are seen not to depend on them, as those of
gradients of eigenvalues and norms, functions of symmetric matrices, projectors and moduli, and else refused.
"""


def markdown() -> str:
    """The page: enclosed primitives with their parameters, then refused ones with the reason."""
    from certify.program.tracing import RULES

    known = sorted(all_primitives())
    refused = {name: RULES[name].refusal if name in RULES else REASONS[name] for name in known}
    refused = {name: reason for name, reason in refused.items() if reason}
    enclosed = [name for name in known if name not in refused]
    lines = [_HEAD, f"JAX {VERSIONS[0]} to {VERSIONS[-1]}: {len(known)} primitives, {len(enclosed)} enclosed.\n"]
    lines += ["## Enclosed or opened\n", "| primitive | parameters that are understood | JAX |", "|---|---|---|"]
    for name in enclosed:
        parameters = [f"`{key}`: {admitted.words}" for key, admitted in sorted(RULES[name].parameters.items())]
        lines.append(f"| `{name}` | {_cell('; '.join(parameters)) or 'none'} | {_span(name)} |")
    lines += ["", "## Refused\n", "| primitive | reason | JAX |", "|---|---|---|"]
    lines += [f"| `{name}` | {_cell(reason)} | {_span(name)} |" for name, reason in refused.items()]
    lines += ["", "## Changes between versions\n", "| JAX | new | gone |", "|---|---|---|"]
    for version, (brought, dropped) in CHANGES.items():
        lines.append(f"| {version} | {' '.join(sorted(brought))} | {' '.join(sorted(dropped))} |")
    return "\n".join(lines) + "\n"


def _span(name: str) -> str:
    known = versions_of(name)
    return "all" if known == VERSIONS else f"{known[0]} to {known[-1]}" if len(known) > 1 else known[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(markdown())
