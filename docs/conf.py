"""Sphinx settings: `sphinx-build -W --keep-going -b html docs docs/_build/html`. The build needs no network."""

from __future__ import annotations

import logparse

project = "logparse"
author = "The logparse developers"
project_copyright = "the logparse developers"
version = release = logparse.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
]
exclude_patterns = ["_build"]

# Links between pages are ordinary Markdown links to files, so that they also work where the repository is browsed.
myst_heading_anchors = 3
# GitHub numbers a heading's anchor in the same way.
myst_links_external_new_tab = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Docstrings write code in single backticks.
default_role = "code"
napoleon_numpy_docstring = False

html_theme = "pydata_sphinx_theme"
html_title = f"logparse {release}"
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}
