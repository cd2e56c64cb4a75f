"""Sphinx settings: `sphinx-build -W --keep-going -b html docs docs/_build/html`. The build needs no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sphinx.ext.napoleon import Config, GoogleDocstring

import logparse

project = "logparse"
author = "The logparse developers"
project_copyright = "the logparse developers"
version = release = logparse.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
]
exclude_patterns = ["_build"]

myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Docstrings write code in single backticks.
default_role = "code"
smartquotes = False
NAPOLEON = Config()
"""How the sections of docstrings are read."""

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


# ---- docstrings and help ---- #

_CODE = re.compile(r"(`[^`]*`)")


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    return "".join(part if part.startswith("`") else re.sub(r"[*|\\]|_\b", r"\\\g<0>", part) for part in parts)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _as_restructured_text(lines: Sequence[str]) -> Iterator[str]:
    """Plain text with code in single backticks: an indented block is verbatim, and other signs mean themselves."""
    last, blank, verbatim = 0, False, False
    for line in lines:
        if not line.strip():
            blank = True
            yield ""
            continue
        if verbatim and _indent(line) <= last:
            verbatim = False
        if not verbatim and blank and _indent(line) >= last + 4:
            verbatim = True
            yield from ("::", "")
        if not verbatim:
            last = _indent(line)
        yield line if verbatim else _escaped(line.replace("::", ":"))
        blank = False


def read_docstring(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text with the sections Args and Raises."""
    lines[:] = _as_restructured_text(lines)
    if what in ("function", "method", "class"):  # a colon in the docstring of an attribute is just a colon
        lines[:] = GoogleDocstring(lines, NAPOLEON, what=what, name=name, obj=obj, options=options).lines()


def escape_help(app: Any, context: object, lines: list[str]) -> None:
    """The help of commands is plain text too; `.. `, `:` and `| ` are what sphinx-click writes itself."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((".. ", ":")):
            own, rest = ("| ", line[2:]) if line.startswith("| ") else ("", line)
            lines[number] = own + _escaped(rest)


def setup(app: Any) -> None:
    app.connect("source-read", adapt_links)
    app.connect("autodoc-process-docstring", read_docstring)
    for part in ("description", "options", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{part}", escape_help)
