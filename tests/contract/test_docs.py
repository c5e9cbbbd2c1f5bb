# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation and what it is made from agree."""

from __future__ import annotations

import importlib.util
import re

import docs_blocks
import pytest
import yaml

from support import ROOT

SITE, GUIDES = ROOT / "docs" / "site", ROOT / "docs" / "docsite" / "rst"


def site(name):
    spec = importlib.util.spec_from_file_location("site_" + name, SITE / (name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_diagram_is_drawn_from_its_description():
    drawings = site("diagrams").drawings()
    assert drawings and set(drawings) == set((ROOT / "docs" / "docsite" / "diagrams").glob("*.svg"))
    for path, text in drawings.items():
        assert path.read_text() == text, "%s is not current: python docs/site/diagrams.py" % path.name


def test_every_guide_is_in_the_table_of_contents_once():
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text())["sections"]
    listed = [name for section in sections for name in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in GUIDES.glob("*.rst"))


@pytest.mark.parametrize("path", sorted(GUIDES.glob("*.rst")), ids=lambda path: path.stem)
def test_a_guide_can_be_referred_to(path):
    assert ".. _ansible_collections.cloud_dr.sdrs.docsite.%s:" % path.stem in path.read_text()


def test_the_page_of_error_codes_has_every_code():
    pages = site("pages")
    text, codes = pages.troubleshooting_codes(), pages.error_codes()
    assert len(codes) == 256 and sorted(re.findall(r"^\*\*(SDRS\.\d{4})\*\*", text, re.M)) == sorted(codes)
    assert {code.split(".")[1][:2] for code in codes} <= set(pages.PARTS), "codes of a part without a name"
    assert len(re.findall(r"^\.\. error-codes:", (GUIDES / "guide_troubleshooting.rst").read_text(), re.M)) == 1


def test_every_playbook_has_a_reference():
    text = site("pages").playbooks()
    for path in (ROOT / "playbooks").glob("*.yml"):
        assert path.stem == "target" or re.search("^%s\n-+\n\n\\S" % path.stem, text, re.M), path.name


def test_what_code_cites_can_be_read():
    """Sections of the pages for developers that comments name are there, and nothing names a document that readers do not have."""
    pages = {page: (ROOT / "docs" / "development" / (page + ".md")).read_text() for page in ("semantics", "service")}
    places = [path for place in ("plugins", "extensions", "tests", "roles", "playbooks") for path in (ROOT / place).rglob("*.[py]*ml") if path.is_file()]
    places += [path for place in ("plugins", "extensions", "tests") for path in (ROOT / place).rglob("*.py")]
    cited = 0
    for path in places:
        text = path.read_text(encoding="utf-8")
        for page, sections in re.findall(r"\b(semantics|service)\.md, sections? (\d(?:(?:, | and )\d)*)", text):
            for section in re.findall(r"\d", sections):
                cited += 1
                assert re.search(r"^## %s\. " % section, pages[page], re.M), "%s cites %s.md, section %s" % (path, page, section)
        unknown = re.search(r"SEMANTICS,|[Ff]ield" + r"[ -]notes|[Cc]ontract, section|vpc-update\.txt|as-group-modify", text)
        assert not unknown or path.name == "test_docs.py", "%s cites %s" % (path, unknown.group(0))
    assert cited > 50


def test_links_that_lead_nowhere_are_found(tmp_path):
    links = site("links")
    (tmp_path / "b.html").write_text('<p id="here">x</p>')
    (tmp_path / "a.html").write_text('<a href="b.html#here">1</a><a href="https://example.com">2</a>')
    assert not list(links.problems(tmp_path))
    (tmp_path / "a.html").write_text(
        '<a href="b.html#gone">1</a><a href="c.html">2</a><a href="http://x">3</a><script src="https://example.com/x.js"></script>')
    assert len(list(links.problems(tmp_path))) == 4


def test_what_several_modules_say_is_written_from_one_source():
    assert docs_blocks.stale() == [], "run python tests/docs_blocks.py"
    sources = {path.stem: path.read_text() for path in docs_blocks.MODULES.glob("*.py")}
    assert docs_blocks.twice(sources) == []
    used = {name for source in sources.values() for name in re.findall(r"# docs_blocks: (\w+)", source)}
    assert used == set(docs_blocks.blocks())


_BLOCKS = {"a": "a:\n  description:\n    - shared {x}\n    - (own)\n  type: str\n  sample: (own)\n"}
_MODULE = 'RETURN = r"""\n# docs_blocks: a x=1\na:\n  description:\n    - %s\n    - mine\n  type: str\n  sample: here\nb:\n  type: int\n"""\n'


def test_a_block_is_written_and_what_is_the_module_s_own_stays():
    assert docs_blocks.current(_MODULE % "old", _BLOCKS) == _MODULE % "shared 1"
    assert docs_blocks.current(_MODULE % "shared 1", _BLOCKS) == _MODULE % "shared 1"


def test_what_two_modules_describe_alike_is_found():
    one, other = (_MODULE % text for text in ("x", "y"))
    assert docs_blocks.twice({"one": one, "other": other}) == [("b", ["one", "other"])]
