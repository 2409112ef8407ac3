"""Figures as SVG: made small, measured, and put into a page whose figures share one style sheet and its fonts."""

from __future__ import annotations

import base64
import logging
import re
from io import BytesIO
from pathlib import Path

from soapbubble.errors import SoapbubbleError

_DROPPED = re.compile(
    r'<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>| transform="rotate\(-0 [^"]*\)"', re.DOTALL
)
_BETWEEN = re.compile(r">\s+<")
_PATH = re.compile(r'(?<=\s[dxy]=")[^"]*(?=")')
_LONG = re.compile(r"-?\d+\.\d{3,}")
_SIZE = re.compile(r'\s(width|height)="([\d.]+)(?:pt)?"')
_ID = re.compile(r'(?<=\sid=")|(?<=href="#)|(?<=url\(#)')
_RASTER = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_TEXT = re.compile(r"<(?:text|tspan)[^>]*?style=\"([^\"]*)\"[^>]*>([^<]*)")
_FAMILY = re.compile(r"font-family: '([^']+)'")
_LOSSY = 6_000  # bytes from which a raster is kept as a photograph is

# The files of the fonts that figures use, in matplotlib's own folder: family, whether slanted, whether bold.
_FONTS = {
    ("DejaVu Sans", False, False): "DejaVuSans.ttf",
    ("DejaVu Sans", True, False): "DejaVuSans-Oblique.ttf",
    ("DejaVu Sans", False, True): "DejaVuSans-Bold.ttf",
    ("DejaVu Sans", True, True): "DejaVuSans-BoldOblique.ttf",
    # Signs of formulas that are not in the others: roots, primes, calligraphic letters.
    ("STIXSizeOneSym", False, False): "STIXSizOneSymReg.ttf",
    ("STIXNonUnicode", True, False): "STIXNonUniIta.ttf",
    ("cmsy10", False, False): "cmsy10.ttf",
}


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


def font_folder() -> Path:
    """The folder with the fonts that figures are drawn with."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts/ttf"


class Drawings:
    """The figures of one page: elements for its body, and the style sheet and fonts that they share.

    Black and white become the page's ink and paper, so that figures follow its colours; rasters become WebP.
    """

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}
        self._letters: dict[tuple[str, bool, bool], set[str]] = {}

    def element(self, text: str, number: int, label: str) -> str:
        """The drawing as an element; `number` keeps its identifiers apart from those of others, `label` is escaped."""
        text = _ID.sub(f"f{number}-", slim(text))
        text = _RASTER.sub(_webp, text)
        for style, letters in _TEXT.findall(text):
            family = _FAMILY.search(style)
            if family:
                slanted = "italic" in style or "oblique" in style
                key = (family[1], slanted, bool(re.search(r"font-weight: (?:bold|[67]00)", style)))
                self._letters.setdefault(key, set()).update(letters)
        text = _STYLE.sub(lambda style: f' class="{self._class(style[1])}"', text)
        width, height = size(text)
        start = f'<svg role="img" aria-label="{label}" viewBox="0 0 {width:g} {height:g}"'
        return start + f' style="width:{width * 1.55:.0f}px"' + text[text.index(">", text.index("<svg")) :]

    def _class(self, style: str) -> str:
        inked = style.replace("#000000", "var(--figure-ink)").replace("#ffffff", "var(--figure-paper)")
        return self._classes.setdefault(inked, f"s{len(self._classes)}")

    def style_sheet(self) -> str:
        """The rules for all elements made so far."""
        fonts = [_font_face(key, self._letters[key]) for key in sorted(self._letters) if key in _FONTS]
        return "\n".join([*fonts, *(f".{name}{{{style}}}" for style, name in self._classes.items())])


def _webp(found: re.Match[str]) -> str:
    from PIL import Image

    data = base64.b64decode(found[1])
    with Image.open(BytesIO(data)) as picture:
        packed = BytesIO()
        # Where nothing is lost, quality is effort: more of it takes forty times as long for a hundredth of the bytes.
        picture.save(packed, "WEBP", lossless=len(data) < _LOSSY, quality=80 if len(data) >= _LOSSY else 75, method=4)
    if packed.tell() >= len(data):
        return "data:image/png;base64," + base64.b64encode(data).decode()
    return "data:image/webp;base64," + base64.b64encode(packed.getvalue()).decode()


def _font_face(key: tuple[str, bool, bool], letters: set[str]) -> str:
    """A font with these letters only, inside a style sheet."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    family, slanted, bold = key
    options = Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[])
    options.drop_tables += ["FFTM"]
    logging.getLogger("fontTools.ttLib.tables._h_e_a_d").setLevel(logging.ERROR)  # cmsy10 has no date
    font = TTFont(font_folder() / _FONTS[key], recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, letters)))
    subsetter.subset(font)
    font.flavor = "woff"
    packed = BytesIO()
    font.save(packed)
    address = "data:font/woff;base64," + base64.b64encode(packed.getvalue()).decode()
    style, weight = "italic" if slanted else "normal", "bold" if bold else "normal"
    return f"@font-face{{font-family:'{family}';font-style:{style};font-weight:{weight};src:url({address})}}"
