"""The demonstration runs to its end, whatever kinds of certificates its systems issue."""

import json

from stabproof import demo
from stabproof.comparison import crosscheck


def test_every_certificate_is_written_checked_and_shown_to_the_second_program(tmp_path, monkeypatch, capsys):
    """The hyperbola in the place of the digits, whose second proof takes half a minute."""
    monkeypatch.setattr(demo, "crosscheck", lambda name, **options: crosscheck("hyperbola", **options))
    monkeypatch.setattr("sys.argv", ["demo", "--out", str(tmp_path)])
    demo.main()
    kinds = {json.loads(path.read_text())["kind"] for path in tmp_path.glob("*.json")}
    assert len(kinds) > 1
    pages = {path.stem for path in tmp_path.glob("*.html")}
    assert pages == {path.stem for path in tmp_path.glob("*.json")} | {"hyperbola"}
    told = "".join(capsys.readouterr().out.split())
    assert told.count("askingthesecondprogram") == told.count("thesecondprogram:confirmed") == 2 * len(pages) - 2
