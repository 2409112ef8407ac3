"""How the parts of a judged claim are put for people, the same in HTML and PDF."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from soapbubble.claims.comparisons import Equivalent, Greater, Monotone, Ordered
from soapbubble.claims.decision import BaseRule
from soapbubble.claims.rules import AtLeast, AtMost, Between, Several, Within, parse_rule
from soapbubble.claims.selection import spelt
from soapbubble.numbers import significant, with_interval
from soapbubble.report import verdicts

KINDS = {
    "formula": "formula",
    "number": "number",
    "qualitative": "qualitative",
    "mechanism": "mechanism",
    "open-question": "open question",
    "erratum": "erratum",
    "retraction": "retraction",
    "figure": "figure",
}
TIERS = {  # of claims that rest on data; see `ground` for those that rest on none
    "source": "the source's own data",
    "source-like": "data like the source's",
    "built-in": "built-in data",
}
GROUPS = verdicts.GROUPS
GROUP_OF_ONE = {
    "source": "the source's statement",
    "correction": "a statement of the source that we correct",
    "answer": "an open question",
    "ours": "an entry of our own",
}
RULED_ON = {"erratum": " on our correction", "open-question": " on our answer"}  # what the rule of such a claim judges
CONTROLS = {"positive": "positive control", "negative": "negative control", "replica": "what the source saw"}
_NO_UNIT = ("1", "proportion", "", None)


def estimate(
    value: float | None, interval: Sequence[float | None] | None, unit: str | None = "1", digits: int = 4
) -> str:
    """A value with its interval and unit; an interval without a bound on one side says so."""
    if value is None:
        return "—"
    low, high = interval or (value, value)
    text = with_interval(value, -math.inf if low is None else low, math.inf if high is None else high, digits)
    return text if unit in _NO_UNIT else f"{text} {unit}"


def ground(claim: Mapping[str, Any], tier: str | None = None) -> str:
    """What a verdict on a claim rests on, for a verdict of another run by the tier of that.

    Without data it is simulation if any value that a rule reads has a sampling error, else mathematics.
    """
    if (tier or claim["tier"]) != "exact":
        return TIERS[tier or claim["tier"]]
    exact = all(sample["exact"] for item in claim["evidence"] for sample in item["samples"])
    return "mathematics" if exact else "simulation"


def sample_size(claim: Mapping[str, Any]) -> str:
    """How many replicates or trials an estimate rests on; "exact" if it has no sampling error."""
    if claim.get("estimate") is None:
        return ""
    low, high = claim["interval"] or (None, None)
    exact = claim["n"] == 1 and low == high and low is not None
    return "exact" if exact else f"n = {claim['n']:,}"


def measured(claim: Mapping[str, Any]) -> str:
    """What the estimate of a claim is an estimate of; where several rules decide, that of the part that decided.

    That part may be a control, so it says under which condition it measured.
    """
    if claim["estimate"] is None:
        return ""
    name, body = _deciding(claim)
    rule = parse_rule({name: body})
    if _has_parts(claim) and isinstance(rule, AtLeast | AtMost | Between | Within):
        return rule.selections()[0][0].words()
    return spelt(_subject(name, body))


def other_measured(claim: Mapping[str, Any]) -> str:
    """The same where it is not what the first rule reads, as where the control is nearest to its line; else nothing."""
    ((name, body),) = claim["rule"].items()
    while isinstance(body, list):
        ((name, body),) = body[0].items()
    return measured(claim) if claim["estimate"] is not None and (name, body) != _deciding(claim) else ""


def _has_parts(claim: Mapping[str, Any]) -> bool:
    return isinstance(next(iter(claim["rule"].values())), list)


def asked(claim: Mapping[str, Any]) -> str:
    """The line that the rule draws for the estimate of a claim, such as "at least 0.2"."""
    if claim["estimate"] is None:
        return ""
    name, body = _deciding(claim)
    match name:
        case "within":
            width = significant(body["abs"]) if body.get("abs") is not None else f"{significant(100 * body['rel'])} %"
            return f"{significant(body['target'], 6)} ± {width}"
        case "between":
            return f"{significant(body['low'])} to {significant(body['high'])}"
        case "equivalent":
            margin = body["margin"]
            low = 1 / margin if body.get("ratio") else -margin
            return f"{significant(low)} to {significant(margin)}"
        case "greater":
            return f"above {significant(body.get('margin') or (1 if body.get('ratio') else 0))}"
        case "ordered" | "monotone":
            return "above 0"
    return f"{name.replace('_', ' ')} {significant(body['bound'])}"


def _deciding(claim: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Name and arguments of the rule that decided a claim."""
    node, ((name, body),) = claim, claim["rule"].items()
    if claim["verdict"] == "supported in direction only":
        node = claim["parts"][0]
    while isinstance(body, list):
        leading = node.get("lead", 0)
        node, ((name, body),) = node["parts"][leading], body[leading].items()
    return name, body


def _subject(name: str, body: Mapping[str, Any]) -> str:
    if name in ("greater", "equivalent"):
        a, b = body["a"]["quantity"], body["b"]["quantity"]
        kind = "ratio" if body.get("ratio") else "difference"
        return f"{kind} of {a}" if a == b else f"{kind} of {a} to {b}"
    if name in ("ordered", "monotone"):
        value = body["value"] if "value" in body else body["values"][0]
        return f"tightest step of {value['quantity']}"
    return body["value"]["quantity"]


def condition(items: Mapping[str, Any]) -> str:
    """A condition such as "N = 256, distribution = uniform"."""
    return ", ".join(f"{key} = {_scalar(item)}" for key, item in sorted(items.items()))


def _scalar(item: Any) -> str:
    return (
        significant(item, 6) if isinstance(item, float) else str(item).lower() if isinstance(item, bool) else str(item)
    )


def in_words(data: Mapping[str, Any]) -> str:
    """A rule as people say it.

    >>> in_words({"at_most": {"value": {"quantity": "cv_error", "where": {"N": 3}}, "bound": 0.02}})
    'cv error (N = 3) is at most 0.02'
    """
    return _said(parse_rule(data))


def _said(rule: BaseRule) -> str:
    match rule:
        case Several():
            return f"{'; ' if rule.name == 'all_of' else '; or '}".join(_said(part) for part in rule.rules)
        case Within(target=target, abs=width) if width is not None:
            line = f"is within {significant(width)} of {significant(target, 6)}"
        case Within(target=target, rel=share):
            line = f"is within {significant(100 * (share or 0))} % of {significant(target, 6)}"
        case AtLeast(bound=bound):
            line = f"is at least {significant(bound)}"
        case AtMost(bound=bound):
            line = f"is at most {significant(bound)}"
        case Between(low=low, high=high):
            line = f"lies between {significant(low)} and {significant(high)}"
        case Greater(ratio=ratio, margin=margin):
            line = f"is above {significant(margin if margin is not None else float(ratio))}"
        case Equivalent(ratio=ratio, margin=margin):
            line = f"lies between {significant(1 / margin if ratio else -margin)} and {significant(margin)}"
        case Ordered(values=values):
            return "in this order, each greater than the next: " + ", ".join(item.words() for item in values)
        case Monotone(value=value, along=along, direction=direction):
            return f"{value.words()} is {direction} with {along}, at every step"
        case _:
            return "nothing measurable decides it"
    each = getattr(rule, "each", [])
    everywhere = f", for each {' and '.join(each)}" if each else ""
    if isinstance(rule, Greater | Equivalent):
        return (
            f"the {'ratio' if rule.ratio else 'difference'} of {rule.a.words()} to {rule.b.words()} {line}{everywhere}"
        )
    return f"{rule.selections()[0][0].words()} {line}{everywhere}"


def as_yaml(data: Any) -> str:
    """Plain data as YAML, short mappings on one line."""
    return yaml.safe_dump(data, sort_keys=True, default_flow_style=None, allow_unicode=True, width=88).rstrip()


def citation(source: Mapping[str, Any]) -> str:
    """Author, title and year as far as they are known; the title in quotation marks."""
    parts = [source.get("author"), f"“{source['title']}”", source.get("year")]
    return ", ".join(str(part) for part in parts if part)
