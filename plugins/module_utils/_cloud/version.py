# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's version, for reports: galaxy.yml is not there where modules run. PRIVATE to the collection."""

VERSION = "1.0.0"
