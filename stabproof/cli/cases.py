"""`stabproof cases`: the systems, or one of them with its parameters."""

from typing import TYPE_CHECKING, Annotated

import typer

from stabproof.cli.console import output, say
from stabproof.cli.json_output import print_json
from stabproof.cli.options import AsJson, matching_cases

if TYPE_CHECKING:
    from cases.catalogue import Entry


def cases(
    case_name: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="Show this case's parameters.", autocompletion=matching_cases)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the systems, one line each, or show one with its parameters and their defaults."""
    from cases.registry import case_names, entry

    if case_name is not None:
        _show(entry(case_name), as_json)
        return
    if as_json:
        print_json({name: entry(name).title for name in case_names()})
        return
    width = max(len(name) for name in case_names())
    for name in case_names():
        say(f"{name:<{width}}  {entry(name).title}")


def _show(entry: "Entry", as_json: bool) -> None:
    declared = {name: {"default": default, "meaning": words} for name, (default, words) in entry.parameters.items()}
    if as_json:
        texts = {"name": entry.name, "title": entry.title, "source": entry.source, "summary": entry.summary}
        print_json({**texts, "parameters": declared})
        return
    output.print(f"{entry.name}: {entry.title}\n{entry.source}\n\n{entry.summary}\n", markup=False, highlight=False)
    if not declared:
        say("It has no parameters.")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("parameter", "default", "meaning", box=None, pad_edge=False)
    for name, told in declared.items():
        default = "" if told["default"] is None else str(told["default"])
        table.add_row(Text(name), Text(default), Text(str(told["meaning"])))
    output.print(table)
    say(f"\nstabproof certify {entry.name} --set NAME=VALUE")
