# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody with rights in the cloud may write into a name, a description or a tag, and how to tell that it was more than text.

``VALUES`` is the one table; every outlet of the collection is tried with each of its values. The canary is a file below ``$HOME`` that a
template would make.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import markdown_it

CANARY = "pwned"
# What only a template could have put together.
EVALUATED = "jinjaed"
_TOUCH = "lookup('pipe','touch $HOME/%s')" % CANARY

TEMPLATES = {
    "lookup": "{{%s}}" % _TOUCH,
    "query": "{{ query('pipe', 'touch $HOME/%s') }}" % CANARY,
    "block": "{%%set x=%s%%}{{x}}" % _TOUCH,
    "unclosed": "{{%s" % _TOUCH,
    "nested": "{{'{{'}}%s}}" % _TOUCH,
    "expression": "{{ 'jin' ~ 'jaed' }}",
    "undefined": "{{ nobody_defined_this }}",
    "raw": "{% raw %}{{ 'jin' ~ 'jaed' }}{% endraw %}",
    "comment": "{# {{ 'jin' ~ 'jaed' }}",
    "broken": "{{ ' }} {% if",
    "header": "#jinja2: variable_start_string: '[%'",
}
TERMINAL = {
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;mine\x07",
    "link": "\x1b]8;;http://evil.example/\x1b\\here\x1b]8;;\x1b\\",
    "c1": "\x9b31mred\x9d0;mine\x9c",
    "erase": "nothing changed\r\x1b[2Kok\x08\x7f",
    "null": "a\x00b",
    "bidi": "\u202egpj.exe\u2066x\u2069",
    "invisible": "e\u200br\u2060p\ufeff\u00ad\U000e0041",
    "lines": "a\nTASK [ok]\r\nb\u2028c\u2029d\x85e\x0bf",
    "tabs": "\t\ta\t",
    "surrogate": "a\ud800b\udc9bc",
}
MARKUP = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover=\"alert(1)\" x='",
    "closing": "</title></style></td></table><b>",
    "cdata": "]]><!--<![CDATA[",
    "entity": "&lt;b&gt;&#x3c;b>&x;",
    "noncharacter": "a\ufffeb\uffffc",
    "image": "![x](http://evil.example/x.png)",
    "javascript": "[x](javascript:alert(1))",
    "autolink": "<javascript:alert(1)> http://evil.example www.evil.example",
    "fence": "```\n# title\n```",
    "backticks": "`a``b```",
    "table": "a|b\\|c",
    "heading": "# title",
    "list": "- [ ] x",
    "number": "1. x",
    "mention": "@everyone #1 ~~x~~ **y** __z__",
}
YAML = {
    "python": "!!python/object/apply:os.system ['touch $HOME/%s']" % CANARY,
    "tag": "!vault |",
    "anchor": "&a *a <<: x",
    "pair": "a: b # c",
    "literal": "[1] # not a list",
    "mapping": "{'a': 1}",
    "boolean": "True",
    "yes": "yes",
    "none": "null",
    "exponent": "1e3",
    "date": "2026-11-21",
    "spaces": "  a  ",
    "document": "---\nx: y\n...",
    "quotes": "'\"\\' \\\" \\\\",
}
PATHS = {
    "parent": "..",
    "here": ".",
    "outside": "../../%s" % CANARY,
    "absolute": "/%s" % CANARY,
    "slash": "a/b",
    "dot": ".hidden",
    "option": "-rf",
    "home": "~root",
    "glob": "a*[b]?",
    "file": "erp.yml",
    "long": "n" * 300,
    "very long": "v" * 20_000,
    "long letters": "\u4e2d" * 100,
    "empty": "",
}
PATTERNS = {
    "all": "all",
    "ungrouped": "ungrouped",
    "localhost": "localhost",
    "loopback": "127.0.0.1",
    "not": "!erp",
    "and": "&erp",
    "expression pattern": "~.*",
    "range": "a[0:9]",
    "subscript": "all[0]",
    "port": "a:b",
    "comma": "a,erp",
    "own group": "sdrs_status_protected",
    "proxy": "-oProxyCommand=touch",
}
HARMLESS = {"plain": "erp-db-1", "letters": "\u751f\u4ea7 Z\u00fcrich"}
VALUES = {**TEMPLATES, **TERMINAL, **MARKUP, **YAML, **PATHS, **PATTERNS, **HARMLESS}


def controls(text, allowed="\n"):
    """The characters in ``text`` that a terminal obeys, or that hide or reorder what a reader sees."""
    return sorted({character for character in re.findall(r"[^\x20-\x7e]", text)
                   if character not in allowed and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")})


def markdown(text):
    """What Markdown makes of a text: the kinds of its parts."""
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(text)
    inline = Counter(child.type for token in tokens for child in token.children or [])
    assert not {"html_inline", "link_open", "image"} & set(inline) and not [token for token in tokens if token.type == "html_block"]
    return [token.type for token in tokens], {kind: number for kind, number in inline.items() if kind not in ("text", "text_special", "softbreak")}
