# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure every built page in headless Chromium: ``phone.py FOLDER`` names pages that scroll sideways at a telephone's width, or that are
printed on more sheets than they should be.

``phone.py FOLDER --shots PLACE PAGE...`` takes pictures of pages as well: light, dark, and as a telephone shows them.
"""

from __future__ import annotations

import contextlib
import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

WIDTH = 390
# Guides that are printed on one sheet.
ONE_SHEET, A4 = ("docsite/guide_night.html",), [595, 842]
MEASURE = """<!doctype html><meta charset=utf-8><title>-</title><body><pre id=out></pre><script>
const pages = %s, width = %d, found = {};
async function one(page) {
  const frame = document.createElement('iframe');
  frame.style.cssText = 'border:0;height:844px;width:' + width + 'px';
  document.body.append(frame);
  await new Promise(done => { frame.onload = done; frame.src = page; });
  const root = frame.contentDocument.documentElement;
  const wide = [...frame.contentDocument.querySelectorAll('article *')].filter(node => {
    if (node.getBoundingClientRect().right <= width + 1) return false;
    for (let up = node.parentElement; up; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== 'visible') return false;
    return true;
  }).map(node => node.tagName + '.' + node.className).slice(0, 3);
  found[page] = [root.scrollWidth, wide];
  frame.remove();
}
(async () => {
  const queue = [...pages];
  await Promise.all([1, 2, 3, 4].map(async () => { while (queue.length) await one(queue.shift()); }));
  document.title = 'measured'; document.getElementById('out').textContent = JSON.stringify(found);
})();
</script>"""


def chromium():
    """The browser's command, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def browse(*arguments):
    """Run the browser with a profile of its own; gives what it prints."""
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + profile]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=170, check=True).stdout


@contextlib.contextmanager
def served(folder):
    """The folder by HTTP on loopback, so that pages may look into one another; gives its address."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "http://127.0.0.1:%d/" % server.server_address[1]
        server.shutdown()


def widths(folder, width=WIDTH):
    """``{page: [width it needs, elements that stick out]}`` of every page below a folder."""
    pages = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*.html"))
    place = Path(folder) / "-measure.html"
    place.write_text(MEASURE % (json.dumps(pages), width), encoding="utf-8")
    try:
        with served(folder) as address:
            shown = browse("--window-size=1000,900", "--virtual-time-budget=600000", "--dump-dom", address + place.name)
    finally:
        place.unlink()
    return json.loads(html.unescape(re.search(r'<pre id="out">(.*?)</pre>', shown, re.S).group(1)))


def printed(page):
    """How many sheets a page needs on paper, and their size in points."""
    with tempfile.TemporaryDirectory() as folder:
        browse("--no-pdf-header-footer", "--print-to-pdf=%s/page.pdf" % folder, Path(page).resolve().as_uri())
        content = (Path(folder) / "page.pdf").read_bytes()
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", content)
    return len(re.findall(rb"/Type\s*/Page[^s]", content)), [round(float(size)) for size in sizes[0]]


def shots(folder, place, pages):
    """Pictures of pages; the telephone's are taken of a frame, since the browser's windows are not that narrow."""
    Path(place).mkdir(parents=True, exist_ok=True)
    frame = Path(folder) / "-frame.html"
    with served(folder) as address:
        for page in pages:
            for look, options, size in (("light", (), "1280,1500"), ("dark", ("--force-dark-mode",), "1280,1500"), ("phone", (), "390,1500")):
                url = address + page
                if look == "phone":
                    frame.write_text('<body style="margin:0"><iframe style="border:0;width:390px;height:1500px" src="%s"></iframe>' % page, encoding="utf-8")
                    url, size = address + frame.name, "500,1500"
                browse(*options, "--window-size=" + size, "--screenshot=%s/%s-%s.png" % (place, page.replace("/", "-")[:-5], look), url)
    frame.unlink(missing_ok=True)


def main(folder, *arguments):
    if not chromium():
        print("no Chromium here: pages are not measured")
        return 0
    if arguments[:1] == ("--shots",):
        shots(folder, arguments[1], arguments[2:])
        return 0
    found = 0
    for page in ONE_SHEET:
        sheets, size = printed(Path(folder) / page)
        if (sheets, size) != (1, A4):
            print("%s is printed on %d sheets of %s points: it is meant to be one of A4" % (page, sheets, size))
            found = 1
    wide = {page: found for page, found in widths(folder).items() if found[0] > WIDTH or found[1]}
    for page, (width, elements) in wide.items():
        print("%s is %d pixels wide: %s" % (page, width, ", ".join(elements)))
    return 1 if wide or found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
