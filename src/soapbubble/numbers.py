"""How numbers are written for people, the same in sentences, prose and tables."""

from __future__ import annotations

import math


def significant(value: float, digits: int = 4) -> str:
    """`value` with `digits` significant digits; plain notation between 0.0001 and a million, else powers of ten.

    >>> significant(46.16995), significant(1e256), significant(0.0)
    ('46.17', '1e256', '0')
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < 6:
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
    else:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        text = f"{_trim(mantissa)}e{int(power)}"
        return text.replace("-", "−")
    return _trim(text).replace("-", "−")


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_interval(estimate: float, low: float, high: float, digits: int = 4) -> str:
    """An estimate and its interval, with digits enough to see the interval's width; an exact value stands alone.

    >>> with_interval(46.16990, 46.16780, 46.17201)
    '46.17 [46.168, 46.172]'
    """
    if low == high or math.isnan(estimate):
        return significant(estimate, digits)
    if math.isinf(low) or math.isinf(high):
        return f"{significant(estimate, digits)} [{significant(low)}, {significant(high)}]"
    return "{} [{}, {}]".format(
        *(significant(item, _needed(item, high - low, digits)) for item in (estimate, low, high))
    )


def _needed(value: float, width: float, digits: int) -> int:
    """Digits enough that a tenth of the interval's width shows."""
    if value == 0 or width <= 0:
        return digits
    shown = math.floor(math.log10(abs(value))) - math.floor(math.log10(width)) + 2
    return min(max(2, shown), 12)
