# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the built pages: every link leads somewhere, and no page loads anything from elsewhere."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "video": "src", "audio": "src"}
# A reader's browser only follows these where a person clicks.
OUTSIDE = ("https", "mailto")


class Page(HTMLParser):
    """Anchors and links of one page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.anchors, self.links, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors.update(given[key] for key in ("id", "name") if given.get(key))
        if tag == "a" and given.get("href") is not None:
            self.links.append(given["href"])
        if tag in LOADING and given.get(LOADING[tag]) and given.get("rel") != "canonical":
            self.loads.append(given[LOADING[tag]])


def problems(folder):
    """What is wrong with the pages below a folder, one line for each."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        for link in page.loads:
            if urlsplit(link).scheme not in ("", "data") or link.startswith("//"):
                yield "%s loads %s from elsewhere" % (name, link)
        for link in page.links + [link for link in page.loads if not urlsplit(link).scheme]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if parts.scheme not in OUTSIDE:
                    yield "%s: a link by %s: %s" % (name, parts.scheme or "another host", link)
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield "%s: no such page: %s" % (name, link)
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield "%s: no such place on the page: %s" % (name, link)
    for path in sorted(folder.rglob("*.css")):
        if "url(http" in path.read_text(encoding="utf-8") or "@import" in path.read_text(encoding="utf-8"):
            yield "%s loads from elsewhere" % path.relative_to(folder)


def main(folder):
    found = list(problems(Path(folder)))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
