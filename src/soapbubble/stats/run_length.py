"""Run-length code of strings of digits, as count:symbol pairs joined by slashes, and what it costs in bits."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import groupby

from scipy.optimize import brentq

SEPARATORS = ":/"  # by turns
DIGITS = "0123456789"


def runs(text: str) -> list[tuple[int, str]]:
    """The runs of equal symbols, as (count, symbol)."""
    return [(sum(1 for _ in run), symbol) for symbol, run in groupby(text)]


def encode(text: str) -> str:
    """count:symbol/count:symbol/... for the runs of `text`."""
    return "/".join(f"{count}:{symbol}" for count, symbol in runs(text))


def decode(code: str) -> str:
    """The text of which `code` is the run-length code."""
    pairs = (item.split(":") for item in code.split("/") if item)
    return "".join(symbol * int(count) for count, symbol in pairs)


def separators_at_even_positions(code: str) -> bool:
    """Whether every second character, and no other, is a separator (positions are counted from 1)."""
    return set(code[1::2]) <= set(SEPARATORS) and set(code[::2]) <= set(DIGITS)


def expected_ratio(mean_run: float) -> float:
    """Length of the code over length of the text, for a long text of runs with a geometric distribution of this mean.

    A run costs its symbol, two separators and the digits of its count.
    """
    digits = 1 + sum((1 - 1 / mean_run) ** (10**power - 1) for power in range(1, 12))
    return (3 + digits) / mean_run


def break_even() -> float:
    """The mean of geometric runs at which the code is as long as the text."""
    return brentq(lambda mean_run: expected_ratio(mean_run) - 1, 2, 10, xtol=1e-14, rtol=1e-15)


def entropy_bits(text: str) -> float:
    """Bits of `text` at the entropy of its symbols' frequencies, as if they were drawn independently."""
    return sum(count * math.log2(len(text) / count) for count in Counter(text).values())


def zlib_bits(text: str) -> int:
    """Bits of `text` as a raw deflate stream, without header and checksum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return 8 * len(packer.compress(text.encode("ascii")) + packer.flush())


def _characters_to_bits(text: str, size: int) -> str:
    return "".join(format(ord(c) if size == 8 else int(c), f"0{size}b") for c in text)


def _bits_to_characters(bits: str, size: int) -> str:
    numbers = [int(bits[i : i + size], 2) for i in range(0, len(bits), size)]
    return "".join(chr(number) if size == 8 else str(number) for number in numbers)


def _with_separator_bits(code: str) -> str:
    """Characters of eight bits with one bit between them: 0 for a colon, 1 for a slash."""
    bits = [_characters_to_bits(c, 8) if place % 2 == 0 else str(SEPARATORS.index(c)) for place, c in enumerate(code)]
    return "".join(bits)


def _from_separator_bits(bits: str) -> str:
    code = ""
    for start in range(0, len(bits), 9):
        code += chr(int(bits[start : start + 8], 2)) + "".join(SEPARATORS[int(b)] for b in bits[start + 8 : start + 9])
    return code


def _without_separators(code: str) -> str:
    return code[::2]


def _separators_put_back(payload: str) -> str:
    return "".join(c + SEPARATORS[place % 2] for place, c in enumerate(payload))[:-1]


# Ways to write a text as bits, and back. All but the first need counts of one digit.
Coder = tuple[Callable[[str], str], Callable[[str], str]]
CODERS: dict[str, Coder] = {
    "text": (lambda text: _characters_to_bits(text, 8), lambda bits: _bits_to_characters(bits, 8)),
    "code": (
        lambda text: _characters_to_bits(encode(text), 8),
        lambda bits: decode(_bits_to_characters(bits, 8)),
    ),
    "separators of one bit": (
        lambda text: _with_separator_bits(encode(text)),
        lambda bits: decode(_from_separator_bits(bits)),
    ),
    "no separators": (
        lambda text: _characters_to_bits(_without_separators(encode(text)), 8),
        lambda bits: decode(_separators_put_back(_bits_to_characters(bits, 8))),
    ),
    "no separators, digits of four bits": (
        lambda text: _characters_to_bits(_without_separators(encode(text)), 4),
        lambda bits: decode(_separators_put_back(_bits_to_characters(bits, 4))),
    ),
}
