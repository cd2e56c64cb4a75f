"""Charts as bytes in the formats that people open, each with its provenance. Nothing here writes a file."""

from __future__ import annotations

import json
import re
import struct
import zlib
from codecs import BOM_UTF16_BE
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from logparse import user_cache
from logparse.errors import UsageError

if TYPE_CHECKING:
    import altair as alt

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"
"""The version of Vega-Lite in which the charts are specified."""
SCALE = 2
"""Pixels of a PNG per pixel of the chart."""


def export(specification: Mapping[str, Any], format: str, command: str | None = None) -> bytes:
    """A chart in one of `FORMATS`.

    Args:
        specification: the chart in Vega-Lite.
        format: html (needs no network), svg, png, pdf, json (Vega-Lite).
        command: the command that made it, for the file's metadata.

    Raises:
        UsageError: the format needs a package that is not installed.
    """
    metadata = dict(specification.get("usermeta", {}))
    if command and "logparse" in metadata:
        provenance = metadata["logparse"]
        metadata["logparse"] = {"version": provenance["version"], "command": command, **provenance}
        specification = {**specification, "usermeta": metadata}
    return FORMATS[format](specification)


def as_altair(specification: Mapping[str, Any]) -> alt.VConcatChart:
    """The chart as altair has it.

    Its parts stay plain dictionaries: altair validates and copies its objects at each level of nesting.
    """
    import altair as alt
    from altair.utils.schemapi import debug_mode

    properties = {name: value for name, value in specification.items() if name not in ("$schema", "vconcat")}
    with debug_mode(False):  # `to_dict` validates the whole
        return alt.VConcatChart(
            vconcat=[alt.VConcatSpecGenericSpec(**part) for part in specification["vconcat"]], **properties
        )


def script_json(value: Any) -> str:
    """`value` as JSON that is safe inside a script element, whatever text it contains."""
    text = json.dumps(value, ensure_ascii=False)
    escapes = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    for character, escaped in escapes.items():
        text = text.replace(character, escaped)
    return text


def vega_script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that is safe inside a script element and sets `vegaEmbed`.

    vl-convert needs two seconds to bundle it, so it is kept in the user's cache folder. The name has the versions of
    what it was made from.

    Raises `UsageError` where vl-convert is not installed.
    """
    vl_convert, wanted = _vl_convert(), _vega_lite_version()
    name = f"vega-{wanted}-{vl_convert.__version__}.js"
    kept = user_cache.read(name)
    if kept is not None:
        return kept.decode()
    text: str = vl_convert.javascript_bundle(vl_version=wanted)
    # The script must not contain what ends a script element or opens a comment in one.
    text = text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    user_cache.write(name, text.encode())
    return text


def _provenance(spec: Mapping[str, Any]) -> str:
    """What made the chart, as one line of JSON."""
    return json.dumps(spec.get("usermeta", {}).get("logparse", {}), ensure_ascii=False)


def _vl_convert() -> Any:
    try:
        import vl_convert
    except ImportError:
        raise UsageError(
            "html, svg, png and pdf need the package vl-convert-python: pip install 'logparse[charts]'; "
            "json (Vega-Lite) does not"
        ) from None
    return vl_convert


def _vega_lite_version() -> str:
    """The Vega-Lite version of the charts, as vl-convert names it (6.4); else the newest that vl-convert has."""
    known: list[str] = _vl_convert().get_vegalite_versions()
    wanted = ".".join(SCHEMA.rpartition("/v")[2].split(".")[:2])
    return wanted if wanted in known else known[-1]


def _json(spec: Mapping[str, Any]) -> bytes:
    return (json.dumps(spec, ensure_ascii=False, indent=1) + "\n").encode()


def _svg(spec: Mapping[str, Any]) -> bytes:
    text: str = _vl_convert().vegalite_to_svg(spec, vl_version=_vega_lite_version())
    start = text.index(">", text.index("<svg")) + 1
    return f"{text[:start]}<metadata>{escape(_provenance(spec))}</metadata>{text[start:]}\n".encode()


def _png(spec: Mapping[str, Any]) -> bytes:
    image: bytes = _vl_convert().vegalite_to_png(spec, vl_version=_vega_lite_version(), scale=SCALE)
    header = 8 + 12 + struct.unpack(">I", image[8:12])[0]
    # An international text chunk: keyword, uncompressed, no language, no translation, UTF-8.
    body = b"iTXt" + b"logparse\0\0\0\0\0" + _provenance(spec).encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return image[:header] + chunk + image[header:]


def _pdf(spec: Mapping[str, Any]) -> bytes:
    file: bytes = _vl_convert().vegalite_to_pdf(spec, vl_version=_vega_lite_version())
    return _with_metadata(file, _title(spec), _provenance(spec))


_TRAILER = re.compile(
    rb"trailer\s*<<\s*/Size (\d+)\s*/Root (\d+ 0 R)\s*/Info (\d+) 0 R\s*>>\s*startxref\s*(\d+)\s*%%EOF\s*$"
)


def _with_metadata(file: bytes, title: str, subject: str) -> bytes:
    """The PDF with title and subject, appended as an incremental update; unchanged if its trailer has another form."""
    found = _TRAILER.search(file)
    if found is None:
        return file
    size, root, info, previous = (part.decode() for part in found.groups())
    start = len(file) + 1
    # Text beyond ASCII is UTF-16 with a byte order mark; written in hexadecimal, nothing in it can end the string.
    texts = {name: f"<{(BOM_UTF16_BE + text.encode('utf-16-be')).hex()}>" for name, text in
             (("Title", title), ("Subject", subject))}  # fmt: skip
    body = (
        f"{info} 0 obj\n<< /Producer (svg2pdf) /Creator (logparse) {' '.join(f'/{k} {v}' for k, v in texts.items())} >>"
    )
    update = f"\n{body}\nendobj\n"
    table = f"xref\n0 1\n{0:010d} 65535 f \n{info} 1\n{start:010d} 00000 n \n"
    trailer = f"trailer\n<< /Size {size} /Root {root} /Info {info} 0 R /Prev {previous} >>"
    return file + f"{update}{table}{trailer}\nstartxref\n{len(file) + len(update)}\n%%EOF\n".encode("ascii")


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


def _html(spec: Mapping[str, Any]) -> bytes:
    config = spec.get("config", {})
    return _PAGE.format(
        version=escape(str(spec.get("usermeta", {}).get("logparse", {}).get("version", ""))),
        title=escape(_title(spec)),
        paper=config.get("background", "#ffffff"),
        library=vega_script(),
        spec=script_json(spec),
    ).encode()


def _title(spec: Mapping[str, Any]) -> str:
    """The title of the innermost drawing that has one on top."""
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
"""Format -> the function that makes it from a specification."""
