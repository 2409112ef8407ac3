"""Figures as SVG: made small, measured, and packed into a page."""

from __future__ import annotations

import re
from urllib.parse import quote

from soapbubble.errors import SoapbubbleError

_DROPPED = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_BETWEEN = re.compile(r">\s+<")
_PATH = re.compile(r'(?<=\s[dxy]=")[^"]*(?=")')
_LONG = re.compile(r"-?\d+\.\d{3,}")
_SIZE = re.compile(r'\s(width|height)="([\d.]+)(?:pt)?"')
# Characters that need no escaping in an address inside double quotes; escaping few keeps the page small.
_SAFE = " <>/:=;,+-*()[]{}|!?@$'~^`"


def slim(text: str) -> str:
    """The same drawing without comments and metadata, paths rounded to a hundredth of a point."""
    text = _BETWEEN.sub("><", _DROPPED.sub("", text)).strip()
    return _PATH.sub(lambda path: re.sub(r"\s+", " ", _LONG.sub(_rounded, path[0])).strip(), text)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def size(text: str) -> tuple[float, float]:
    """Width and height in points.

    Raises:
        SoapbubbleError: the drawing does not say how large it is.
    """
    found = dict(_SIZE.findall(text[text.find("<svg") : text.find(">", text.find("<svg"))]))
    if len(found) < 2:
        raise SoapbubbleError(
            f"An SVG figure names no width and height in points: {text[:80]!r}; delete it and run snakemake again."
        )
    return float(found["width"]), float(found["height"])


def data_uri(text: str) -> str:
    """The drawing as an address that a page can hold in itself, fit for an attribute in double quotes as it is."""
    quoted = text if "'" in text else text.replace('"', "'")
    return "data:image/svg+xml," + quote(quoted, safe=_SAFE)
