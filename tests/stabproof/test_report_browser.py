"""Reports in headless Chromium: no console errors, no network, no sideways scrolling, MathML, light and dark."""

import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import sympy

import stabproof as sp
from cases.hopfield.derivation import derive_hopfield_jacobian
from stabproof.reports.gallery import gallery

BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")

# what the page reports about itself, from inside a frame of the width to be tried
PROBE = """<script>
function probe() {
  var root = document.documentElement, links = Array.from(document.querySelectorAll('a[href^="#"]'));
  var outside = Array.from(document.querySelectorAll("math")).filter(function (m) {
    return m.getBoundingClientRect().height < 4; });
  var cut = Array.from(document.querySelectorAll(".line")).filter(function (line) {
    var edge = line.getBoundingClientRect(), last = 0;
    Array.from(line.children).forEach(function (m) { last = Math.max(last, m.getBoundingClientRect().right); });
    return (line.children.length && line.firstElementChild.getBoundingClientRect().left < edge.left - 1)
      || last > edge.left + line.scrollWidth + 1; });
  return {cut: cut.length, scroll: root.scrollWidth, width: root.clientWidth,
    math: document.querySelectorAll("math").length,
    flat: outside.length, broken: links.filter(function (a) {
      return !document.getElementById(a.getAttribute("href").slice(1)); }).length,
    images: Array.from(document.images).map(function (i) { return [i.naturalWidth, i.alt]; }),
    resources: performance.getEntriesByType("resource").map(function (r) { return r.name.slice(0, 5); }),
    paper: getComputedStyle(document.body).backgroundColor};
}
window.addEventListener("load", function () { parent.postMessage(JSON.stringify(ACTION), "*"); });
</script>"""
FRAME = """<!DOCTYPE html><body style="margin:0">
<iframe src="PAGE" style="width:WIDTHpx;height:800px;border:0"></iframe>
<script>window.addEventListener("message", function (event) {
  var found = document.createElement("pre"); found.id = "found"; found.textContent = event.data;
  document.body.appendChild(found); });</script></body>"""


def seen(page, folder, *, width=1100, action="probe()", options=()):
    """What the probe found, and the lines that the console printed."""
    (folder / "probed.html").write_text(
        page.read_text().replace("</body>", PROBE.replace("ACTION", action) + "</body>")
    )
    frame = folder / "frame.html"
    frame.write_text(FRAME.replace("PAGE", "probed.html").replace("WIDTH", str(width)))
    command = [BROWSER, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    command += [
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    command += [
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1200,900",
    ]
    command += ["--virtual-time-budget=8000", *options, "--dump-dom", frame.as_uri()]
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    text = found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return json.loads(text), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pages of a case, of a loss with long formulas, and an index."""
    place = tmp_path_factory.mktemp("pages")
    with ThreadPoolExecutor(1) as executor:
        gallery(("strict-minimum", "nesterov"), place, executor)
    a, b, c, d = sympy.symbols("a b c d", real=True)
    long_name = sympy.Symbol("a_name_without_any_place_to_break_" * 4, real=True)
    sp.report(
        [sp.derive((a * b * c * d - 2) ** 2, (a, b, c, d)), sp.derive((long_name - 1) ** 2, (long_name,))],
        place / "own.html",
    )
    return place


@pytest.mark.parametrize("name", ["strict-minimum", "nesterov", "own", "index"])
@pytest.mark.parametrize("width", [390, 1100])
def test_pages_load_without_errors_and_do_not_scroll_sideways(name, width, folder):
    found, console = seen(folder / f"{name}.html", folder, width=width)
    assert not console
    assert found["width"] == width
    assert found["scroll"] <= width
    assert found["broken"] == 0
    assert found["cut"] == 0  # formulas wider than the page can be scrolled to both of their ends
    assert found["flat"] == 0
    assert not [kind for kind in found["resources"] if kind not in ("data:", "file:")]
    assert (found["math"] > 10) == (name != "index")
    assert all(pixels > 100 and alternative for pixels, alternative in found["images"])
    assert bool(found["images"]) == (name in {"strict-minimum", "nesterov"})


def test_a_matrix_a_little_wider_than_the_column_is_shown_whole(folder):
    """Its line is as wide as the matrix where the page has the room: nothing has to be scrolled."""
    page = folder / "wide.html"
    sp.report(derive_hopfield_jacobian(), page)
    action = """Array.from(document.querySelectorAll(".formula .line")).map(function (line) {
      return [line.clientWidth, line.scrollWidth]; })"""
    found, _ = seen(page, folder, action=action)
    assert max(own for own, _ in found) > 680  # wider than the column of text
    assert [pair for pair in found if pair[1] > pair[0] + 1] == []


def test_the_probe_sees_what_is_wrong(folder):
    page = (folder / "nesterov.html").read_text()
    bad = folder / "bad.html"
    wide = '<p style="width:900px"><a href="#nowhere">x</a></p>'
    line = '<div class="line" style="justify-content:center"><b style="flex:0 0 900px">x</b></div>'
    bad.write_text(page.replace("</main>", f'{wide}<div class="formula">{line}</div></main>'))
    found, console = seen(bad, folder, width=390, action="(console.error('planted'), probe())")
    assert found["scroll"] > 390
    assert found["broken"] == 1
    assert found["cut"] == 1
    assert any("planted" in line for line in console)


@pytest.mark.parametrize(("scheme", "paper"), [(0, "rgb(24, 24, 27)"), (1, "rgb(255, 255, 255)")])
def test_pages_are_light_or_dark_as_the_reader_wishes(scheme, paper, folder):
    options = [f"--blink-settings=preferredColorScheme={scheme}"]
    assert seen(folder / "nesterov.html", folder, options=options)[0]["paper"] == paper


def test_the_search_box_finds_systems(folder):
    action = """(function () {
      var box = document.getElementById("search"); box.value = "nesterov stable";
      box.dispatchEvent(new Event("input"));
      return {shown: Array.from(document.querySelectorAll("article:not([hidden]) .name")).map(e => e.textContent),
              said: document.getElementById("found").textContent}; })()"""
    found, console = seen(folder / "index.html", folder, action=action)
    assert not console
    assert found == {"shown": ["nesterov"], "said": "1 of 2 systems"}
