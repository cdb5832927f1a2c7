"""A notebook as a page: its cells run in order, their outputs below them as a notebook shows them."""

import ast
import contextlib
import html
import importlib.util
import io
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")


def notebook_page(path: Path) -> dict[str, str | bytes]:
    """{file name: content}: the page and its pictures."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    missing = [name for name in notebook["metadata"].get("needs", ()) if importlib.util.find_spec(name) is None]
    cells = notebook["cells"]
    names: dict[str, Any] = {}
    parts, files = [], {}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        if missing:  # the page stands without outputs
            continue
        printed, shown = run_cell(source, names)
        if printed:
            parts.append(f"```text\n{printed.rstrip()}\n```")
        if shown:
            parts.append(f'<div class="notebook-output">{shown}</div>')
        for figure in _figures():
            name = f"{path.stem}-{len(files) + 1}.png"
            files[name] = figure
            parts.append(f"![Figure of the cell above]({name})")
    if missing:
        parts.append(f"This site was built without {', '.join(missing)}: the outputs are left out.")
    parts.append(f"[This notebook as a file]({path.name})")
    return {f"{path.stem}.md": "\n\n".join(parts) + "\n", **files}


def run_cell(source: str, names: dict[str, Any]) -> tuple[str, str]:
    """What the cell prints, and its last expression as a notebook shows it: HTML, or preformatted text."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
    return stream.getvalue(), _shown(value)


def _shown(value: Any) -> str:
    if value is None or type(value).__module__.startswith("matplotlib"):
        return ""
    as_html = getattr(value, "_repr_html_", None)
    return as_html() if as_html else f"<pre>{html.escape(repr(value))}</pre>"


def _figures() -> list[bytes]:
    import matplotlib.pyplot as plt

    pictures = []
    for number in plt.get_fignums():
        stream = io.BytesIO()
        plt.figure(number).savefig(stream, format="png", dpi=110)
        pictures.append(stream.getvalue())
    plt.close("all")
    return pictures
