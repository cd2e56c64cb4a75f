"""Charts as files: bytes in the formats that people open, with what made them inside. Nothing here writes a file."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from logparse.errors import UsageError

if TYPE_CHECKING:
    from logparse.charts._theme import Drawing

SCALE = 2
"""Pixels of a PNG for each pixel of the chart."""


def saved(drawing: Drawing, format: str, command: str | None = None) -> bytes:
    """The drawing in one of `FORMATS`.

    Args:
        drawing: what a chart gave.
        format: html (opens with no network), svg, png, pdf, json (Vega-Lite).
        command: the command that made it, for the file's metadata.

    Raises:
        UsageError: the format needs a package that is not installed.
    """
    spec = specification(drawing, command)
    return FORMATS[format](spec)


def specification(drawing: Drawing, command: str | None = None) -> dict[str, Any]:
    """The Vega-Lite specification, whatever theme or limit somebody has set in altair."""
    import altair as alt

    with alt.data_transformers.enable("default", max_rows=None), alt.theme.enable("none"):
        spec: dict[str, Any] = drawing.to_dict()
    if command and "logparse" in spec.get("usermeta", {}):
        made = spec["usermeta"]["logparse"]
        spec["usermeta"]["logparse"] = {"version": made["version"], "command": command, **made}
    return spec


def _told(spec: Mapping[str, Any]) -> str:
    """What made it, on one line of JSON."""
    return json.dumps(spec.get("usermeta", {}).get("logparse", {}), ensure_ascii=False)


def _vl_convert() -> Any:
    try:
        import vl_convert
    except ImportError:
        raise UsageError(
            "html, svg, png and pdf need the package vl-convert-python: pip install 'logparse[charts]'; "
            "json (Vega-Lite) needs nothing more"
        ) from None
    return vl_convert


def _version() -> str:
    """The version of Vega-Lite that altair writes, as vl-convert calls it: 6.4."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _json(spec: Mapping[str, Any]) -> bytes:
    return (json.dumps(spec, ensure_ascii=False, indent=1) + "\n").encode()


def _svg(spec: Mapping[str, Any]) -> bytes:
    text: str = _vl_convert().vegalite_to_svg(spec, vl_version=_version())
    start = text.index(">", text.index("<svg")) + 1
    return f"{text[:start]}<metadata>{escape(_told(spec))}</metadata>{text[start:]}\n".encode()


def _png(spec: Mapping[str, Any]) -> bytes:
    image: bytes = _vl_convert().vegalite_to_png(spec, vl_version=_version(), scale=SCALE)
    header = 8 + 12 + struct.unpack(">I", image[8:12])[0]
    # An international text chunk: keyword, not packed, no language, no translation, UTF-8.
    body = b"iTXt" + b"logparse\0\0\0\0\0" + _told(spec).encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return image[:header] + chunk + image[header:]


def _pdf(spec: Mapping[str, Any]) -> bytes:
    file: bytes = _vl_convert().vegalite_to_pdf(spec, vl_version=_version())
    return file


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; \
style-src 'unsafe-inline'; img-src data: blob:">
<meta name="generator" content="logparse {version}">
<title>{title}</title>
<style>body {{ margin: 0; background: {paper} }} #chart {{ overflow-x: auto }}</style>
<script>{library}</script>
</head>
<body>
<main id="chart"></main>
<script type="application/json" id="spec">{spec}</script>
<script>
vegaEmbed("#chart", JSON.parse(document.getElementById("spec").textContent),
  {{mode: "vega-lite", renderer: "svg", actions: {{export: true, source: false, compiled: false, editor: false}}}});
</script>
</body>
</html>
"""


def library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that may stand inside a script element: it sets `vegaEmbed`.

    Raises `UsageError` where vl-convert is not installed.
    """
    text: str = _vl_convert().javascript_bundle(vl_version=_version())
    # What ends a script, or opens a comment in one, must not stand in it.
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _html(spec: Mapping[str, Any]) -> bytes:
    config = spec.get("config", {})
    return _PAGE.format(
        version=escape(str(spec.get("usermeta", {}).get("logparse", {}).get("version", ""))),
        title=escape(_title(spec)),
        paper=config.get("background", "#ffffff"),
        library=library(),
        spec=in_script(spec),
    ).encode()


def in_script(value: Any) -> str:
    """`value` as JSON that may stand inside a script element, whatever text it holds."""
    text = json.dumps(value, ensure_ascii=False)
    signs = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    for sign, spelt in signs.items():
        text = text.replace(sign, spelt)
    return text


def _title(spec: Mapping[str, Any]) -> str:
    """The words of the title of the innermost drawing that has one on top."""
    while "vconcat" in spec and len(spec["vconcat"]) == 1 and spec.get("title", {}).get("orient") == "bottom":
        spec = spec["vconcat"][0]
    text = spec.get("title", {}).get("text", "chart")
    return " ".join(text) if isinstance(text, list) else str(text)


FORMATS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {
    "html": _html,
    "svg": _svg,
    "png": _png,
    "pdf": _pdf,
    "json": _json,
}
"""Format -> what makes it of a specification."""
