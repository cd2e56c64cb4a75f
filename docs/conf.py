"""Sphinx settings: `sphinx-build -W --keep-going -b html docs docs/_build/html`. The build needs no network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

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

myst_heading_anchors = 3

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


# ---- links ---- #

ROOT_PAGES = {
    "README": "index",
    "CONTRIBUTING": "project/contributing",
    "CHANGELOG": "project/changelog",
    "SECURITY": "project/security",
}
"""Pages in the root of the repository, which is outside this folder -> the page that stands for them here."""
_ROOT_LINK = re.compile(rf"\]\((?:\.\./)*({'|'.join(ROOT_PAGES)})\.md")


def adapt_links(app: Any, docname: str, source: list[str]) -> None:
    """Links between pages are Markdown links to files, which work where the repository is browsed; here some differ.

    A page in `project/` only links to its page in the root of the repository: here it is that page.
    """
    for name, page in ROOT_PAGES.items():
        if docname == page and page.startswith("project/"):
            text = (Path(app.srcdir).parent / f"{name}.md").read_text(encoding="utf-8")
            source[0] = text.replace("](docs/", "](/")
    source[0] = _ROOT_LINK.sub(lambda link: f"](/{ROOT_PAGES[link[1]]}.md", source[0])


# ---- docstrings ---- #

_CODE = re.compile(r"(`[^`]*`)")


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    return "".join(part if part.startswith("`") else re.sub(r"[*|]|_\b", r"\\\g<0>", part) for part in parts)


def escape_docstring(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text with code in single backticks: other signs of reStructuredText mean themselves."""
    literal: int | None = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if literal is not None and line.strip() and indent <= literal:
            literal = None
        if literal is None:
            lines[number] = _escaped(line)
            literal = indent if line.endswith("::") else None


def escape_help(app: Any, context: object, lines: list[str]) -> None:
    """So is the help of commands."""
    lines[:] = [line if line.lstrip().startswith((".. ", ":")) else _escaped(line) for line in lines]


def setup(app: Any) -> None:
    app.connect("source-read", adapt_links)
    # After napoleon, which reads Args and Raises.
    app.connect("autodoc-process-docstring", escape_docstring, priority=900)
    for part in ("description", "options", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{part}", escape_help)
