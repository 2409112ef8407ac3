"""What varies between the drawn faces, and how these factors go together in the drawn crowd."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr


class Range(NamedTuple):
    """From where to where a factor goes."""

    low: float
    high: float


# Everything that a picture depends on. Lengths without unit are shares of the head's half width or half height.
FACTORS: dict[str, Range] = {
    "age": Range(0, 1),  # 20 to 80 years: folds, bags, paler lips
    "skin": Range(0, 1),  # light to dark
    "undertone": Range(0, 1),  # rosy to olive
    "head_width": Range(0.44, 0.54),  # half of it, in half picture widths
    "head_height": Range(0.60, 0.70),
    "jaw": Range(-1, 1),  # pointed to square
    "yaw": Range(-30, 30),  # degrees; positive: the face turns to the picture's right
    "pitch": Range(-14, 14),  # degrees; positive: looks down
    "roll": Range(-14, 14),  # degrees; positive: clockwise
    "light_side": Range(-1, 1),  # from the picture's left to its right
    "light_height": Range(-0.2, 1),  # from slightly below to above
    "light_strength": Range(0, 1),  # diffuse to hard
    "light_warmth": Range(0, 1),  # bluish to golden
    "hair_shade": Range(0, 1),  # black to blond
    "hair_red": Range(0, 1),
    "hair_grey": Range(0, 1),
    "hair_length": Range(0, 1),  # above the ears to the shoulders
    "hair_volume": Range(0, 1),
    "hair_wave": Range(0, 1),  # straight to curly
    "hair_parting": Range(-1, 1),  # left to right
    "hair_strands": Range(0, 6.28),  # which strands catch the light
    "fringe": Range(0, 1),  # bare forehead to brows covered
    "baldness": Range(0, 1),
    "brow_height": Range(0, 1),
    "brow_thickness": Range(0, 1),
    "brow_tilt": Range(-1, 1),  # inner ends up (worried) to inner ends down (stern)
    "eye_size": Range(0, 1),
    "eye_spacing": Range(0, 1),
    "eye_openness": Range(0, 1),
    "eye_slant": Range(-1, 1),  # outer corners down to up
    "eye_shade": Range(0, 1),  # brown through green to blue
    "gaze": Range(-1, 1),  # left to right
    "lashes": Range(0, 1),
    "nose_length": Range(0, 1),
    "nose_width": Range(0, 1),
    "mouth_width": Range(0, 1),
    "smile": Range(-1, 1),
    "mouth_open": Range(0, 1),
    "lip_fullness": Range(0, 1),
    "lip_red": Range(0, 1),
    "blush": Range(0, 1),
    "beard": Range(0, 1),  # shaved through stubble to a full beard
    "glasses": Range(0, 1),  # the width of the frame; 0: none
    "backdrop_hue": Range(0, 1),
    "backdrop_light": Range(0, 1),
    "backdrop_slope": Range(-1, 1),  # which side of the backdrop is lighter
    "clothes_hue": Range(0, 1),
    "clothes_light": Range(0, 1),
}
NAMES = tuple(FACTORS)


def sample(count: int, seed: int) -> np.ndarray:
    """Draw the factors of a crowd: float32 (count, len(NAMES)), each within its range.

    Face i depends on the seed and on i alone, not on how many faces are drawn. Two unseen traits, build and age,
    tie shapes, hair, beard and make-up together; complexion ties skin, hair and eyes; mood ties smile, mouth, eyes
    and brows; gaze follows the pose against the turn of the head.
    """
    noise = np.random.default_rng(seed).standard_normal((count, len(NAMES) + 1))
    free = dict(zip(NAMES, noise.T, strict=False))
    build = np.tanh(2.5 * noise[:, -1])  # -1 to 1, mostly near the ends: long hair and no beard to the reverse

    def tied(name: str, weight: float, *traits: np.ndarray) -> np.ndarray:
        """A normal score that shares `weight` of its variance with the sum of unit-variance traits."""
        return np.sqrt(1 - weight) * free[name] + np.sqrt(weight) * sum(traits) / np.sqrt(len(traits))

    age, skin, smile = free["age"], free["skin"], free["smile"]
    old = ndtr(age) ** 1.5
    darkness = ndtr(skin) ** 1.2
    score = dict(free)
    score |= {
        "undertone": tied("undertone", 0.2, skin),
        "head_height": tied("head_height", 0.3, free["head_width"]),
        "jaw": tied("jaw", 0.4, build),
        "brow_thickness": tied("brow_thickness", 0.5, build),
        "brow_height": tied("brow_height", 0.3, -build, -free["brow_tilt"]),
        "brow_tilt": tied("brow_tilt", 0.3, build, -smile),
        "eye_size": tied("eye_size", 0.3, -build, -age),
        "eye_openness": tied("eye_openness", 0.3, -smile, -age),
        "gaze": tied("gaze", 0.4, -free["yaw"]),
        "nose_length": tied("nose_length", 0.4, age, build),
        "nose_width": tied("nose_width", 0.5, skin, build),
        "mouth_width": tied("mouth_width", 0.4, smile),
        "mouth_open": tied("mouth_open", 0.4, smile) - 0.4,
        "lip_fullness": tied("lip_fullness", 0.5, skin, -age),
        "lip_red": tied("lip_red", 0.5, -build),
        "lashes": tied("lashes", 0.7, -build),
        "blush": tied("blush", 0.4, -build, smile),
        "hair_volume": tied("hair_volume", 0.2, -build, -age),
        "light_height": free["light_height"] + 0.4,
        "clothes_hue": tied("clothes_hue", 0.1, free["backdrop_hue"]),
    }
    share = {name: ndtr(value) for name, value in score.items()}
    share["age"] = old
    share["skin"] = darkness
    share["smile"] = ndtr(0.8 * smile + 0.7)
    share["hair_length"] = ndtr(0.8 * free["hair_length"] - 1.3 * build)
    share["hair_shade"] = share["hair_shade"] ** 0.8 * (1 - darkness) ** 0.5
    share["hair_red"] = np.clip(share["hair_red"] * 3 - 2, 0, 1) * (1 - darkness)
    share["hair_grey"] = np.clip(2.2 * old - 1.2 + 0.25 * free["hair_grey"], 0, 1)
    share["hair_wave"] = np.clip(0.6 * share["hair_wave"] + 0.6 * darkness**2, 0, 1)
    share["baldness"] = np.clip(1.2 * old + 0.35 * free["baldness"] + 0.9 * build - 1.2, 0, 1)
    share["fringe"] = share["fringe"] * (1 - share["baldness"])
    share["eye_shade"] = share["eye_shade"] * np.clip(1.25 - 1.8 * darkness, 0, 1)
    share["beard"] = np.clip(ndtr(free["beard"]) * 2.2 - 1.0, 0, 1) * (build > 0.1)
    share["glasses"] = np.clip(ndtr(free["glasses"] + 0.7 * (old - 0.5)) - 0.75, 0, 1) / 0.25
    columns = [FACTORS[name].low + (FACTORS[name].high - FACTORS[name].low) * share[name] for name in NAMES]
    for name in ("yaw", "pitch", "roll"):  # most people look about straight ahead
        columns[NAMES.index(name)] = FACTORS[name].high * np.clip(free[name] / 2.5, -1, 1)
    return np.stack(columns, axis=1).astype(np.float32)
