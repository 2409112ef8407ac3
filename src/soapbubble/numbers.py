"""How numbers are written for people, the same in sentences, prose and tables."""

from __future__ import annotations

import math
import re

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLACES = 6  # more decimals than these, and powers of ten are easier to read


def significant(value: float, digits: int = 4) -> str:
    """`value` with `digits` significant digits; plain between 0.0001 and a million, else in powers of ten.

    >>> significant(46.16995), significant(1e256), significant(2.5e-7), significant(0.0)
    ('46.17', '10²⁵⁶', '2.5\u202f×\u202f10⁻⁷', '0')
    """
    if math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < 6:
        return _trim(f"{value:{',' if exponent >= 4 else ''}.{max(0, digits - 1 - exponent)}f}").replace("-", "−")
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    mantissa = _trim(mantissa).replace("-", "−")
    ten = f"10{str(int(power)).translate(_SUPERSCRIPT)}"
    return {"1": ten, "−1": f"−{ten}"}.get(mantissa, f"{mantissa}\u202f×\u202f{ten}")


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_interval(estimate: float, low: float, high: float, digits: int = 4) -> str:
    """An estimate and its interval, to the digit that shows a tenth of the width; an exact value stands alone.

    Where the width is hundreds or more, an end far below it keeps two digits.

    >>> with_interval(46.1699, 46.1661, 46.1737), with_interval(0.0, 1e-22, 3.8e-6)
    ('46.1699 [46.1661, 46.1737]', '0 [0, 3.8\u202f×\u202f10⁻⁶]')
    >>> with_interval(5.0, -math.inf, math.inf), with_interval(23128.1, 3890.2, 137497.3)
    ('5 (no interval)', '23,000 [3900, 140,000]')
    """
    if math.isinf(low) and math.isinf(high):
        return f"{significant(estimate, digits)} (no interval)"
    if low == high or math.isnan(estimate):
        return significant(estimate, digits)
    if math.isinf(low) or math.isinf(high):
        return f"{significant(estimate, digits)} [{significant(low)}, {significant(high)}]"
    places = 1 - math.floor(math.log10(high - low))
    if places < 0:
        return "{} [{}, {}]".format(
            *(_to_digits(item, max(2, _needed(item, places))) for item in (estimate, low, high))
        )
    items = [_rounded(item, places) for item in (estimate, low, high)]
    if places > _PLACES or max(map(abs, items)) >= 1e6:
        texts = [significant(item, _needed(item, places)) for item in items]
    else:
        while places and all(item == _rounded(item, places - 1) for item in items):
            places -= 1  # zeros that end all three say nothing
        texts = [f"{item:.{places}f}".replace("-", "−") for item in items]
    return "{} [{}, {}]".format(*texts)


def with_interval_as(form: str, estimate: float, low: float, high: float) -> str:
    """An estimate and its interval in the format `form`, the estimate as `bounded` has it.

    >>> with_interval_as(".0%", 0.826, 0.796, 0.855), with_interval_as(".1f", -0.25, -0.31, 0.02)
    ('83% [80%, 86%]', '−0.2 [−0.3, 0.0]')
    >>> with_interval_as(".0%", 1.0, 1.0, 1.0), with_interval_as(".0%", 0.5, -math.inf, math.inf)
    ('100%', '50% (no interval)')
    """
    text = bounded(estimate, form)
    if math.isinf(low) or math.isinf(high):
        text = f"{text} (no interval)"
    elif low != high and not math.isnan(estimate):
        text = f"{text} [{low:{form}}, {high:{form}}]"
    return text.replace("-", "−")


def bounded(value: float, form: str) -> str:
    """`value` in the format `form`; between 0 and 1 it is never rounded to one of these.

    >>> bounded(0.9996, ".3f"), bounded(0.00004, ".1%"), bounded(1.0, ".3f"), bounded(0.25, ".0%")
    ('above 0.999', 'below 0.1%', '1.000', '25%')
    """
    text = format(value, form)
    if not 0 < value < 1:
        return text
    match = re.fullmatch(r"\.(\d+)([f%])", form)
    step = 10.0 ** -(int(match[1]) + 2 * (match[2] == "%")) if match else 0.0
    if text == format(1.0, form) and step:
        return f"above {format(1 - step, form)}"
    return f"below {format(step, form)}" if text == format(0.0, form) and step else text


def span(seconds: float) -> str:
    """A time in the two units that say it: hours and minutes, minutes and seconds, or seconds.

    >>> span(7.4), span(330), span(4860)
    ('7 s', '5 min 30 s', '1 h 21 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _rounded(value: float, places: int) -> float:
    """`value` to so many decimals, without a sign if nothing else is left of it."""
    return round(value, places) + 0.0


def _to_digits(value: float, digits: int) -> str:
    """`value` rounded to so many significant digits, those before the decimal point included."""
    return significant(float(f"{value:.{digits - 1}e}"), digits)


def _needed(value: float, places: int) -> int:
    """Significant digits that show so many decimals, within what a double holds."""
    return min(max(1, math.floor(math.log10(abs(value))) + places + 1), 12) if value else 1
