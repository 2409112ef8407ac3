"""What several figures of the study share: names, colours and how clouds are ordered."""

from __future__ import annotations

from soapbubble.figures.style import COLOURS, GREY

BLACK, BLUE, ORANGE, GREEN, PINK, SKY, AMBER, _ = COLOURS
CLOUD_COLOURS = {
    "data": BLUE,
    "gaussian": GREY,
    "copula": BLACK,
    "curve": ORANGE,
    "sheet": GREEN,
    "5-D manifold": PINK,
    "20-D manifold": SKY,
}
CLOUD_NAMES = {
    "data": "codes of faces",
    "gaussian": "Gaussian",
    "copula": "copula",
    "curve": "planted curve",
    "wiggly curve": "curve, 50 waves",
    "noisy curve": "curve, 10 % noise",
    "sheet": "planted sheet",
    "5-D manifold": "5-D manifold",
    "20-D manifold": "20-D manifold",
    "clusters": "clusters",
}
