"""The lists of the written specification, generated from the catalogue (run as a module, with the page's path)."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from certify.effort import COSTS, DEFAULT_BUDGET
from certify.program.primitives.meanings import MEANINGS
from certify.program.primitives.registry import PRIMITIVES
from certify.statements.catalogue import TEMPLATES
from certify.statements.template import Template


def specified(page: str) -> str:
    """The page with each generated list, between its two marks, brought up to date."""
    for name, lines in _LISTS.items():
        start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        body = "\n".join(lines())
        before, found, rest = page.partition(start)
        _, closed, after = rest.partition(end)
        if found and closed:
            page = f"{before}{start}\n{body}\n{end}{after}"
    return page


def _of(role: str) -> Iterator[Template]:
    return (template for template in TEMPLATES.values() if template.role == role)


def _parameters(template: Template) -> Iterator[str]:
    for name, kind in template.parameters.items():
        compared = "" if kind.exact else " (not compared)"
        yield f"  - parameter `{name}`: {kind.description}{compared}"


def _claims() -> Iterator[str]:
    for template in _of("claim"):
        unit = f", in {template.unit}" if template.unit else ""
        yield f"- `{template.id}`, name `{template.name}`, number: {template.number}{unit}"
        yield f"  - {_plain(template.text)}"
        yield f"  - asserts: {template.formula}"
        yield from _parameters(template)


def _theorems() -> Iterator[str]:
    for template in _of("theorem"):
        needs = ", ".join(f"`{id}`" for id in template.hypotheses) or "none beyond the data"
        yield f"- `{template.id}`: {_plain(template.text)}"
        yield f"  - hypotheses: {needs}"
        yield from _parameters(template)


def _sentences(role: str) -> Callable[[], Iterator[str]]:
    def lines() -> Iterator[str]:
        for template in _of(role):
            name = f", name `{template.name}`" if template.name else ""
            yield f"- `{template.id}`{name}: {_plain(template.text)}"
            yield from _parameters(template)

    return lines


def _primitives() -> Iterator[str]:
    yield "| primitive | parameters | meaning |"
    yield "|---|---|---|"
    for name, primitive in PRIMITIVES.items():
        parameters = ", ".join(f"{key}: {kind}" for key, kind in primitive.parameters.items())
        yield f"| `{name}` | {parameters} | {MEANINGS[name].replace('|', chr(92) + '|')} |"


def _counters() -> Iterator[str]:
    for name, cost in COSTS.items():
        yield f"- `{name}`: {cost} microseconds each"
    yield f"- the default budget is {DEFAULT_BUDGET:g} units of a second"


def _plain(text: str) -> str:
    """A format string with its gaps as they are, and doubled braces single."""
    return text.replace("{{", "{").replace("}}", "}")


_LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "claims": _claims,
    "theorems": _theorems,
    "hypotheses": _sentences("hypothesis"),
    "reasons": _sentences("reason"),
    "next steps": _sentences("next step"),
    "primitives": _primitives,
    "counters": _counters,
}


def main(path: str) -> None:
    """Bring the page at `path` up to date."""
    page = Path(path)
    page.write_text(specified(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
