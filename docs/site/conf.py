# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx configuration of the documentation site; ``build.py`` runs it. Nothing is fetched, neither here nor by a reader's browser."""

import re
import sys
import zlib
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import diagrams  # noqa: E402

project = "cloud_dr.sdrs"
copyright = "the cloud_dr.sdrs authors"
version = release = re.search(r"^version: (\S+)", (HERE.parents[1] / "galaxy.yml").read_text(encoding="utf-8"), re.M).group(1)
html_title = "cloud_dr.sdrs %s" % release

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext", "myst_parser"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
pygments_style = "ansible"
pygments_dark_style = "monokai"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True
smartquotes = False

html_theme = "furo"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css", "diagrams.css"]
html_show_sphinx = False
# The report that the start page shows.
html_extra_path = [str(HERE.parents[1] / ".build" / "docs" / "samples" / "pages")]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_domain_indices = False
html_theme_options = {"footer_icons": [], "source_repository": None}

# What generated pages refer to outside of this site. Sphinx reads the addresses from this table in place of the inventory it would fetch.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
OUTSIDE = {
    ("std:label", "action_plugins"): "plugins/action.html#action-plugins",
    ("std:label", "callback_plugins"): "plugins/callback.html#callback-plugins",
    ("std:label", "common_return_values"): "reference_appendices/common_return_values.html#common-return-values",
    ("std:label", "ansible_configuration_settings"): "reference_appendices/config.html#ansible-configuration-settings",
    **{
        ("std:label", "ansible_collections.ansible.builtin.%s_module" % name): "collections/ansible/builtin/%s_module.html" % name
        for name in ("async_status", "debug", "wait_for", "uri", "set_stats", "assert", "copy", "command")
    },
    **{
        ("std:envvar", "ANSIBLE_" + name): "reference_appendices/config.html#envvar-ANSIBLE_" + name
        for name in ("CACHE_PLUGIN", "CACHE_PLUGIN_CONNECTION", "CACHE_PLUGIN_PREFIX", "CACHE_PLUGIN_TIMEOUT", "CALLBACKS_ENABLED", "STDOUT_CALLBACK")
    },
}


def _inventory(place):
    lines = ["%s %s -1 %s %s" % (name, domain, uri, name) for (domain, name), uri in OUTSIDE.items()]
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version: latest\n# The remainder of this file is compressed using zlib.\n"
    place.write_bytes(head.encode() + zlib.compress(("\n".join(lines) + "\n").encode()))
    return str(place)


BUILD = HERE.parents[1] / ".build" / "docs"
BUILD.mkdir(parents=True, exist_ok=True)
# A convention of many programs, documented by no page of Ansible's.
nitpick_ignore = [("envvar", "NO_COLOR")]
intersphinx_mapping = {"ansible": (ANSIBLE, _inventory(BUILD / "ansible.inv"))}


class InlineDiagrams(SphinxPostTransform):
    """Diagrams become part of the page, so that they follow the page's own switch between light and dark, and scroll inside themselves."""

    default_priority = 5

    def run(self):
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.app.srcdir) / image["uri"]
            if path.suffix == ".svg" and path.parent.name == "diagrams":
                drawing = re.sub(r"<style>.*?</style>\n", "", path.read_text(encoding="utf-8"), flags=re.S)
                image.replace_self(nodes.raw("", '<div class="scroll">%s</div>' % drawing, format="html"))


def setup(app):
    """Add the diagrams' style, which the site lets follow its own switch."""
    dark = "{%s}" % diagrams.variables(diagrams.DARK)
    (HERE / "static").mkdir(exist_ok=True)
    style = ".diagram{%s}\nbody[data-theme=dark] .diagram%s\n@media (prefers-color-scheme:dark){body:not([data-theme=light]) .diagram%s}\n%s" % (
        diagrams.variables(diagrams.LIGHT), dark, dark, diagrams.RULES)
    app.connect("build-finished", lambda app, error: (Path(app.outdir) / "_static" / "diagrams.css").write_text(style, encoding="utf-8"))
    app.add_post_transform(InlineDiagrams)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
