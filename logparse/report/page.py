"""The page: one HTML file that contains everything it needs, requests nothing, and never runs text of a log."""

from __future__ import annotations

import re
import zlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from logparse.rendering.export import script_json, vega_script
from logparse.rendering.palette import hue
from logparse.report.content import Content
from logparse.report.drawings import drawings
from logparse.report.sections import Sections

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""The page loads nothing, runs only the scripts that it contains, and evaluates no text."""


def page(content: Content, theme: str | None) -> str:
    """The whole page. `theme`: `light` or `dark` at first; None follows the reader's system.

    Raises `UsageError` where the package that draws charts is not installed.
    """
    library = vega_script()
    drawn, missing = drawings(content)
    sections = Sections(content, drawn, missing)
    shown = sections.all()
    # The results of `script_json` and `vega_script` are safe inside a script element.
    data = script_json(sections.script_data())
    specifications = script_json([{"spec": d.specification, "dark": d.dark} for d in drawn])
    packed = len(data) + len(specifications) > _LARGE
    return (
        environment()
        .get_template("page.html")
        .render(
            theme=theme,
            policy=POLICY,
            version=version("logparse"),
            header=sections.header(),
            sections=shown,
            style=_asset("page.css"),
            data=_Script.of(data, packed),
            specifications=_Script.of(specifications, packed),
            library=_Script.of(library, packed),
            script=_asset("page.js"),
        )
    )


_LARGE = 3_000_000
"""Characters of data from which a page is compressed, so that one of many runs stays small."""


@dataclass(frozen=True)
class _Script:
    """What a script element contains."""

    text: Markup
    packed: bool
    """Whether it is compressed (deflate, base64)."""

    @classmethod
    def of(cls, text: str, packed: bool) -> _Script:
        """`text`, which is safe inside a script element, compressed if `packed`."""
        if not packed:
            return cls(Markup(text), False)
        return cls(Markup(b64encode(zlib.compress(text.encode(), 9)).decode()), True)


@cache
def environment() -> Environment:
    """The template environment: it escapes all text, and an undefined name is an error."""
    env = Environment(
        loader=PackageLoader("logparse.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {"hue": hue, "code_parts": code_parts, "label_parts": label_parts}
    return env


def code_parts(text: str) -> list[str]:
    """Alternating text and `code`, starting with text; a single text if the backticks are not paired."""
    parts = text.split("`")
    return parts if len(parts) % 2 else [text]


def label_parts(label: str) -> list[str]:
    """The parts of a label between which a line may break: after separators such as `_` and `/`."""
    return re.split(r"(?<=[-_./ ])", label)


def _asset(name: str) -> Markup:
    """A file of this package, for the page as it is."""
    return Markup(files(__package__).joinpath(name).read_text("utf-8"))
