"""Draws simple faces from their factors: signed distances, soft light, no samples to average.

The head is an ellipsoid. Each pixel on it is turned back by the pose to frontal coordinates (u, v), in which the
features are drawn, so that they move and shorten as on a turned head. u is a share of the head's half width to the
picture's right, v of its half height downwards; the crown is v = -1, the eyes v = 0, the chin v = 1.
Edges are anti-aliased: a shape covers a pixel by a smooth step of its signed distance, one pixel wide.
All arrays have the shape (faces, rows, columns), colours (faces, 3, rows, columns).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soapbubble.data.face_factors import NAMES

CHUNK = 8  # faces drawn together: their arrays fit into the processor's cache at 64 pixels

SKIN = ((0.98, 0.85, 0.76), (0.93, 0.75, 0.61), (0.80, 0.59, 0.43), (0.58, 0.38, 0.26), (0.36, 0.23, 0.16))
HAIR = ((0.08, 0.07, 0.07), (0.20, 0.13, 0.09), (0.36, 0.23, 0.13), (0.58, 0.42, 0.23), (0.86, 0.71, 0.44))
EYES = ((0.22, 0.12, 0.06), (0.38, 0.24, 0.11), (0.42, 0.44, 0.24), (0.36, 0.55, 0.52), (0.33, 0.52, 0.72))
RED_HAIR, GREY_HAIR = (0.58, 0.24, 0.09), (0.74, 0.73, 0.71)
LIPS, LIPSTICK, MOUTH, TEETH = (0.72, 0.42, 0.39), (0.78, 0.13, 0.20), (0.25, 0.06, 0.07), (0.95, 0.93, 0.88)
SCLERA, PUPIL, FRAME = (0.95, 0.94, 0.92), (0.03, 0.03, 0.03), (0.12, 0.10, 0.10)
COLD, WARM = (0.92, 0.98, 1.07), (1.06, 1.00, 0.88)


def render(factors: np.ndarray, size: int) -> np.ndarray:
    """Draw faces: uint8 (n, size, size, 3) from factors (n, len(NAMES)) in the order of NAMES.

    A face depends on its own row alone.
    """
    chunks = [*chunks_of(factors, size)]
    return np.concatenate(chunks) if chunks else np.zeros((0, size, size, 3), np.uint8)


def chunks_of(factors: np.ndarray, size: int, chunk: int = CHUNK) -> Iterator[np.ndarray]:
    """The same pictures, `chunk` at a time, so that memory does not grow with their number."""
    if factors.ndim != 2 or factors.shape[1] != len(NAMES):
        raise ValueError(f"factors have the shape {factors.shape}, not (n, {len(NAMES)})")
    for start in range(0, len(factors), chunk):
        yield _Face(factors[start : start + chunk].astype(np.float32), size).draw()


def _column(colour: tuple[float, ...]) -> np.ndarray:
    return np.array(colour, np.float32).reshape(1, 3, 1, 1)


def _scale(colours: tuple[tuple[float, ...], ...], place: np.ndarray) -> np.ndarray:
    """The colour (n, 3, 1, 1) at `place` (n, 1, 1), from 0 to 1 along evenly spaced colours."""
    where = np.linspace(0, 1, len(colours))
    channels = [np.interp(place[:, 0, 0], where, values) for values in zip(*colours, strict=True)]
    return np.stack(channels, axis=1).astype(np.float32)[..., None, None]


def _mix(a: np.ndarray | float, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    return a + (b - a) * share


def _step(low: float | np.ndarray, high: float | np.ndarray, x: np.ndarray) -> np.ndarray:
    """Zero below `low`, one above `high`, and smooth between."""
    t = np.clip((x - low) * (1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def _length(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y)


def _bell(x: np.ndarray, width: float | np.ndarray) -> np.ndarray:
    """One at zero, falling to zero at twice the width; near enough to a normal curve, and cheap."""
    t = np.maximum(1 - np.square(x * (0.5 / width)), 0)
    return t * t


def _hue(hue: np.ndarray) -> np.ndarray:
    phase = np.array([0, 1 / 3, 2 / 3], np.float32).reshape(1, 3, 1, 1)
    return 0.5 + 0.5 * np.cos(2 * np.pi * (hue[:, None] - phase))


class _Face:
    """A few faces being drawn, from the backdrop forwards."""

    def __init__(self, rows: np.ndarray, size: int) -> None:
        self.f = f = {name: column[:, None, None] for name, column in zip(NAMES, rows.T, strict=True)}
        self.pixel = 2 / size
        centre = (np.arange(size, dtype=np.float32) + 0.5) * self.pixel - 1
        self.x, self.y = centre[None, None, :], centre[None, :, None]

        sin, cos = np.sin(np.deg2rad(f["roll"])), np.cos(np.deg2rad(f["roll"]))
        self.a, self.b = f["head_width"], f["head_height"]
        dx = self.x - 0.10 * np.sin(np.deg2rad(f["yaw"])) - 0.25 * sin
        dy = self.y + 0.04 - 0.10 * np.sin(np.deg2rad(f["pitch"]))
        self.px, self.py = (cos * dx + sin * dy) / self.a, (cos * dy - sin * dx) / self.b
        self._turn()

        self.skin = _scale(SKIN, f["skin"]) * (1 + (f["undertone"][:, None] - 0.5) * _column((-0.08, 0.05, -0.18)))
        hair = _mix(_scale(HAIR, f["hair_shade"]), _column(RED_HAIR), 0.8 * f["hair_red"][:, None])
        self.hair = _mix(hair, _column(GREY_HAIR), 0.9 * f["hair_grey"][:, None])

    def _turn(self) -> None:
        """From the picture to the frontal coordinates u, v and the surface's normal."""
        f = self.f
        lower = _step(0.0, 0.85, self.py)
        self.wide = 1 + (0.15 * f["jaw"] - 0.05) * lower
        nx, ny = self.px / self.wide, self.py
        square = nx * nx + ny * ny
        self.r = np.sqrt(square)
        self.outside = (self.r - 1) * 0.5 * (self.a + self.b)  # signed distance from the head's outline
        nz = np.sqrt(np.maximum(1 - square, 0))
        self.normal = (nx, ny, nz)
        sin, cos = np.sin(np.deg2rad(f["yaw"])), np.cos(np.deg2rad(f["yaw"]))
        self.u = cos * nx - sin * nz
        depth = sin * nx + cos * nz
        sin, cos = np.sin(np.deg2rad(f["pitch"])), np.cos(np.deg2rad(f["pitch"]))
        self.v = cos * ny - sin * depth
        self.side = np.abs(self.u)
        length = np.sqrt(f["light_side"] ** 2 + f["light_height"] ** 2 + 0.8)
        self.light = (f["light_side"] / length, -f["light_height"] / length, np.sqrt(0.8) / length)

    def cover(self, distance: np.ndarray) -> np.ndarray:
        """How much of each pixel a shape covers that ends at signed distance zero."""
        t = np.clip(0.5 - distance * (0.67 / self.pixel), 0, 1)
        return t * t * (3 - 2 * t)

    def distance(self, level: np.ndarray) -> np.ndarray:
        """About the signed distance from where `level` is zero: its value over its steepness, where that exceeds 1."""
        down, right = np.gradient(level, self.pixel, axis=(1, 2))
        return level / np.sqrt(np.maximum(down * down + right * right, 1))

    def paint(self, alpha: np.ndarray, colour: np.ndarray) -> None:
        """Lay a colour over the picture."""
        self.image += alpha[:, None] * (colour - self.image)

    def draw(self) -> np.ndarray:
        """The finished pictures, uint8 (n, size, size, 3)."""
        self._hairline()
        self._backdrop()
        self._back_hair()
        self._neck_and_clothes()
        self._ears()
        self._face()
        self._front_hair()
        self._glasses()
        light = _mix(_column(COLD), _column(WARM), self.f["light_warmth"][:, None])
        final = np.clip(self.image * light, 0, 1) * 255 + 0.5
        return final.astype(np.uint8).transpose(0, 2, 3, 1)

    def _backdrop(self) -> None:
        f = self.f
        colour = (0.22 + 0.62 * f["backdrop_light"][:, None]) * (0.80 + 0.20 * _hue(f["backdrop_hue"]))
        slope = 1 + 0.22 * (f["backdrop_slope"] * self.x) - 0.10 * self.y
        glow = 0.16 * _bell(_length(self.x - 0.6 * f["backdrop_slope"], self.y + 0.5), 0.7)
        self.image = colour * (slope + glow)[:, None]

    def _hairline(self) -> None:
        """The outline of the hair and where it ends on the forehead and at the sides."""
        f = self.f
        self.full = (0.07 + 0.20 * f["hair_volume"]) * (1 - 0.75 * f["baldness"])
        dx, dy = self.px - 0.35 * f["hair_parting"], self.py + 0.98
        angle = np.arctan2(dy, dx)
        radius = np.sqrt(dx * dx + dy * dy)
        wave = f["hair_wave"]
        bend = 2.0 * wave * np.sin(7 * radius + 2 * self.side)
        strands = np.sin(15 * angle + f["hair_strands"] + bend) + 0.7 * np.sin(
            29 * angle - 2 * f["hair_strands"] + 2 * bend
        )
        curls = wave * np.sin(11 * self.px + f["hair_strands"]) * np.sin(9 * self.py)
        self.strands = strands * _step(0.05, 0.5, radius) + 0.8 * curls
        short = _step(0.55, 0.15, f["hair_length"]) * _step(-0.85, -0.20, self.py)
        reach = 1 + self.full * (1 - 0.8 * short) + 0.030 * wave * np.sin(9 * angle + f["hair_strands"]) * self.r
        top = np.minimum(self.py + 0.04, 0)
        self.shell = (np.sqrt(self.px**2 + top**2) - reach) * self.a  # a dome that goes on straight downwards

        part = np.abs(self.u - 0.45 * f["hair_parting"])
        crown = -0.70 + 0.42 * f["fringe"] * _step(0.02, 0.30, part) - 0.85 * f["baldness"]
        crown = crown + 0.16 * self.side**2 + 0.012 * strands
        self.tips = -0.15 + 1.75 * np.maximum(f["hair_length"] - 0.15, 0)
        temple = np.minimum(self.tips, 0.15 + 0.9 * self.tips)
        self.line = _mix(crown, temple, _step(0.70, 0.98, self.side + 0.05 * f["hair_length"]))

    def _hair_colour(self, bright: np.ndarray | float) -> np.ndarray:
        nx, ny, _ = self.normal
        lx, ly, _ = self.light
        lit = 0.78 + 0.30 * (nx * lx + ny * ly) * (0.4 + 0.6 * self.f["light_strength"])
        sheen = 0.10 * _bell(self.py + 0.72 - 0.3 * self.px * lx, 0.14) * (1 - 0.6 * self.f["hair_wave"])
        gloss = sheen * (1 + 0.4 * self.strands)
        return self.hair * (lit * bright * (1 + 0.13 * self.strands))[:, None] + gloss[:, None]

    def _back_hair(self) -> None:
        ends = (self.py - self.tips - 0.05 * self.strands) * self.b
        narrow = 0.10 * _step(0.3, 1.6, self.py)
        distance = np.maximum(self.shell + narrow * self.a, ends)
        thin = np.maximum(0, 1 - 2.5 * np.maximum(self.f["baldness"] - 0.2, 0))
        above = _step(-0.35, -0.55, self.py)
        self.paint(self.cover(distance) * _mix(1, thin, above), self._hair_colour(0.72))

    def _neck_and_clothes(self) -> None:
        f = self.f
        middle = self.x - 0.10 * np.sin(np.deg2rad(f["roll"]))
        half = self.a * (0.56 + 0.10 * f["jaw"])
        flare = 0.25 * _step(0.62, 0.95, self.y) ** 2
        neck = np.maximum(np.abs(middle) - half - flare, 0.1 - self.y)
        lx = self.light[0]
        nx = middle / half
        shadow = 0.42 * _bell(self.outside, 0.11) + 0.12
        lit = 0.92 - shadow + 0.16 * nx * lx * f["light_strength"]
        self.paint(self.cover(neck), self.skin * lit[:, None])
        slope = 0.80 + 0.30 * middle**2 - 0.25 * np.abs(middle)
        neckline = 0.24 * _bell(middle, 0.20)
        cloth = (slope + neckline - self.y) * 0.85
        colour = (0.10 + 0.65 * f["clothes_light"][:, None]) * (0.60 + 0.40 * _hue(f["clothes_hue"]))
        lit = 0.85 + 0.20 * middle * lx + 0.06 * _bell(cloth, 0.03) - 0.25 * _bell(self.outside, 0.10)
        self.paint(self.cover(cloth), colour * lit[:, None])

    def _ears(self) -> None:
        turn = np.sin(np.deg2rad(self.f["yaw"]))
        out = np.abs(self.px) - 1.0 + np.sign(self.px) * 0.14 * turn
        dv = (self.py - 0.10) / 0.21
        distance = (_length(out / 0.13, dv) - 1) * 0.10
        lx = self.light[0]
        lit = 0.84 + 0.12 * np.sign(self.px) * lx - 0.20 * _bell(out - 0.02, 0.04) * _bell(dv, 0.4)
        self.paint(self.cover(distance), self.skin * lit[:, None] * _column((1.02, 0.95, 0.93)))

    def _face(self) -> None:
        """Everything on the skin, shaded together."""
        below, self.image = self.image, self.skin * np.ones_like(self.image)
        f, u, v = self.f, self.u, self.v
        side = self.side
        blush = 0.08 + 0.6 * f["blush"]
        cheeks = _bell(_length(side - 0.52, v - 0.36), 0.20)
        self.image *= 1 - (blush * (cheeks + 0.5 * _bell(_length(u, v - 0.33), 0.12)))[:, None] * _column(
            (0.03, 0.26, 0.22)
        )
        shade = self._relief(cheeks)
        self._beard()
        self._mouth()
        self._nostrils()
        self._eyes()
        self._brows()
        self.image *= shade[:, None]
        face, self.image = self.image, below
        self.paint(self.cover(self.outside), face)

    def _relief(self, cheeks: np.ndarray) -> np.ndarray:
        """How bright the skin is: light on the head and its bumps, and the shadows of nose, brows, chin and hair."""
        f, u, v, side = self.f, self.u, self.v, self.side
        nx, ny, nz = self.normal
        lx, ly, lz = self.light
        self.tip = tip = 0.30 + 0.12 * f["nose_length"]
        self.wing = wing = 0.12 + 0.09 * f["nose_width"]
        turn = np.sin(np.deg2rad(f["yaw"]))
        down = _step(-0.12, 1, v / tip) * (v < tip + 0.10)
        self.nu = nu = u - 0.16 * turn * down  # the nose stands out, so it moves more than the face
        width = wing * (0.50 + 0.45 * down)
        ridge = _bell(nu, width) * down * _step(0.14, 0.0, v - tip)
        slope = nu / width * ridge
        ball = _bell(_length(nu, v - tip + 0.02), 0.75 * wing)
        nx = nx + 0.95 * slope
        ny = ny + 0.5 * (v - tip) / wing * ball + 0.25 * _bell(_length(u, v - 0.93), 0.10) * (v - 0.88) * 8
        diffuse = np.maximum(nx * lx + ny * ly + nz * lz, 0)
        hard = 0.35 + 0.65 * f["light_strength"]
        shade = 1.02 + hard * (0.62 * diffuse - 0.46)
        shade += 0.08 * ball + 0.06 * ridge + 0.05 * cheeks
        cast = _bell(_length((nu + 0.08 * lx) / 1.5, v - tip - 0.13), 0.07)
        cast += 0.7 * _bell(_length(nu + (1.1 * wing) * np.sign(lx), (v - tip) / 1.6), 0.07) * np.abs(lx) * hard
        lip = _bell(_length(u / 2.2, v - 0.80), 0.06)
        socket = _bell(_length((side - 0.36) / 1.5, v + 0.07), 0.10)
        fold = _bell(side - (wing + 0.06 + 0.55 * (v - tip)), 0.035) * _bell(v - tip - 0.18, 0.12)
        bags = _bell(side - 0.40, 0.12) * _bell(v - 0.15 - 0.05 * np.cos(6 * (side - 0.4)), 0.025)
        lines = _bell(np.sin(26 * v + 3 * u * u), 0.5) * _bell(_length(u / 1.5, v + 0.45), 0.16)
        aged = f["age"] ** 1.5
        shade -= 0.22 * cast + 0.12 * lip + 0.17 * socket
        shade -= (0.04 + 0.22 * aged + 0.10 * np.maximum(f["smile"], 0)) * fold
        shade -= 0.22 * aged * bags + 0.10 * aged * lines
        beneath = _step(0.0, 0.02, v - self.line) * _bell(v - self.line, 0.10)
        return shade - 0.20 * beneath * (1 - f["baldness"])

    def _beard(self) -> None:
        f, v, side = self.f, self.v, self.side
        cheek = 0.50 - 0.16 * _step(0.30, 0.55, side) - 0.62 * _step(0.55, 1.0, side)
        region = _step(-0.06, 0.07, v - cheek)
        grain = 0.5 + 0.5 * np.sin(37 * self.u + 3 * np.sin(23 * v)) * np.sin(31 * v + f["hair_strands"])
        amount = f["beard"]
        alpha = region * np.minimum(1.1 * amount, 0.95) * (1 - 0.25 * (1 - amount) * grain)
        self.paint(alpha, self.hair * (0.75 + 0.25 * grain)[:, None])

    def _mouth(self) -> None:
        f, v = self.f, self.v
        u = self.u - 0.05 * np.sin(np.deg2rad(f["yaw"]))
        smile, opened = f["smile"], np.maximum(f["mouth_open"] - 0.35, 0) / 0.65
        half = 0.27 + 0.12 * f["mouth_width"] + 0.04 * np.maximum(smile, 0)
        t2 = np.square(u / half)
        arch = 1 - t2
        line = 0.635 - 0.075 * smile * (t2 - 0.4)
        gap = 0.085 * opened * arch
        full = 0.045 + 0.05 * f["lip_fullness"]
        bow = 1 - 0.22 * _bell(u, 0.05)
        upper = line - gap * 0.5 - 0.85 * full * arch * bow
        lower = line + gap + 1.15 * full * arch
        bare = _mix(self.skin, _column(LIPS) * self.skin / 0.8, 0.75)
        lips = _mix(bare, _column(LIPSTICK), 0.7 * f["lip_red"][:, None] ** 2)
        lips = lips * (1 - 0.12 * f["age"][:, None])
        inner = np.maximum(line - 0.5 * gap - v, v - line - gap)
        light = 0.90 + 0.28 * _bell(v - line - gap - 0.5 * full, 0.35 * full) * _bell(u, 0.12)
        self.paint(self.cover(np.maximum(upper - v, v - lower) * self.b), lips * light[:, None])
        hole = self.cover(inner * self.b) * (gap > 0.004)
        teeth = self.cover((v - (line - 0.5 * gap + np.minimum(0.06, 1.2 * gap))) * self.b)
        self.paint(hole, _column(MOUTH))
        self.paint(hole * teeth, _column(TEETH))
        seam = 0.55 * _bell(v - line, 0.018) * _step(1.10, 0.95, t2) * (1 - opened)
        corner = 0.35 * _bell(_length(np.abs(u) - half, v - line), 0.035)
        self.image *= (1 - seam - corner)[:, None]

    def _nostrils(self) -> None:
        f = self.f
        dx = np.abs(self.nu) - 0.52 * self.wing
        hole = _bell(_length(dx / 1.35, self.v - self.tip - 0.055), 0.028 + 0.012 * f["nose_width"])
        wing = _bell(_length(np.abs(self.nu) - 1.02 * self.wing, (self.v - self.tip) / 1.5), 0.032)
        self.image *= (1 - 0.60 * hole - 0.22 * wing)[:, None]

    def _eyes(self) -> None:
        f, v = self.f, self.v
        self.apart = 0.37 + 0.06 * f["eye_spacing"]
        e = self.side - self.apart
        half = 0.180 + 0.045 * f["eye_size"]
        t = e / half
        arch = 1 - t * t
        middle = 0.015 - 0.03 * f["eye_slant"] * t
        opening = (0.45 + 0.60 * f["eye_openness"]) * (0.100 + 0.03 * f["eye_size"])
        upper, lower = middle - opening * arch, middle + 0.62 * opening * arch
        inside = self.cover(np.maximum(upper - v, v - lower) * self.b)
        self.paint(inside, _column(SCLERA) * (1 - 0.35 * _bell(v - upper, 0.05))[:, None])
        look = e - 0.055 * f["gaze"] * np.sign(self.u)
        away = _length(look * self.a, (v - middle + 0.01) * self.b)
        iris = 0.047 + 0.009 * f["eye_size"]
        rim = 1 - 0.45 * _step(0.6, 1.0, away / iris)
        self.paint(inside * self.cover(away - iris), _scale(EYES, f["eye_shade"]) * rim[:, None])
        self.paint(inside * self.cover(away - 0.42 * iris), _column(PUPIL))
        glint = _length(look * self.a - 0.018 * self.light[0] * np.sign(self.u), (v - middle + 0.035) * self.b)
        self.paint(0.85 * inside * _bell(glint, 0.014), _column((1, 1, 1)))
        within = _step(1.15, 0.9, np.abs(t))
        thick = 0.016 + 0.014 * f["lashes"]
        lid = (0.60 + 0.35 * f["lashes"]) * _bell(v - upper, thick) * within
        crease = 0.20 * _bell(v - upper + 0.055, 0.016) * within
        under = (0.18 + 0.15 * f["lashes"]) * _bell(v - lower, 0.014) * within
        self.image *= (1 - np.minimum(lid + crease + under, 0.95))[:, None]

    def _brows(self) -> None:
        f, v = self.f, self.v
        t = (self.side - self.apart - 0.02) / 0.235
        middle = -0.155 - 0.075 * f["brow_height"] + 0.045 * t * -f["brow_tilt"] - 0.040 * (1 - t * t)
        thick = (0.022 + 0.030 * f["brow_thickness"]) * (1 - 0.35 * t) * np.maximum(1 - np.square(t * t), 0)
        alpha = self.cover((np.abs(v - middle) - thick) * self.b) * (np.abs(t) < 1)
        self.paint(alpha * (0.75 + 0.2 * f["brow_thickness"]), self.hair * 0.65)

    def _front_hair(self) -> None:
        distance = np.maximum(self.shell, self.distance((self.v - self.line) * self.b))
        lift = 1 - 0.25 * _bell(distance, 0.03)
        self.paint(self.cover(distance), self._hair_colour(lift))

    def _glasses(self) -> None:
        frame = self.f["glasses"]
        worn = (frame > 0) * np.minimum(1, 4 * frame)
        e, v = self.side - self.apart, self.v - 0.03
        lens = (np.sqrt(_length(np.square(e / 0.27), np.square(v / 0.17))) - 1) * 0.11
        ring = np.abs(lens) - 0.006 - 0.012 * frame
        bridge = np.maximum(np.abs(v + 0.05) * self.b - 0.012, self.side - self.apart + 0.26)
        arm = np.maximum(np.abs(v + 0.06) * self.b - 0.012, np.maximum(0.27 - e, self.side - 1) * self.a)
        self.paint(0.10 * worn * self.cover(lens), _column((0.75, 0.85, 0.9)))
        shape = np.minimum(np.minimum(ring, bridge), arm)
        self.paint(worn * self.cover(shape) * self.cover(self.outside), _column(FRAME))
