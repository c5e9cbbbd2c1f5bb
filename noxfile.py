# SPDX-License-Identifier: GPL-3.0-or-later
# /// script
# dependencies = ["nox>=2025.02.09", "antsibull-nox"]
# ///
"""Sessions of antsibull-nox, as antsibull-nox.toml configures them: ``pipx run nox``."""

import sys

import nox

try:
    import antsibull_nox
except ImportError:
    print("antsibull-nox is needed: pip install antsibull-nox")
    sys.exit(1)

antsibull_nox.load_antsibull_nox_toml()

if __name__ == "__main__":
    nox.main()
