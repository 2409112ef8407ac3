"""What a chapter may ask for: the only road by which a measured number gets into prose."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pydantic import ValidationError

from soapbubble.claims.decision import LEVEL
from soapbubble.claims.evidence import Table
from soapbubble.claims.sample import Sample
from soapbubble.claims.selection import Selection
from soapbubble.errors import SoapbubbleError
from soapbubble.measurements import Measurement
from soapbubble.numbers import bounded, significant, with_interval, with_interval_as
from soapbubble.report import first_verdicts
from soapbubble.report.references import Reference
from soapbubble.report.verdicts import GROUPS, MARKS, group_of, of_statement
from soapbubble.report.wording import estimate as estimate_words
from soapbubble.stats.intervals import Scale


class Number(float):
    """A number that a chapter can compare with others, and that prints as people write it."""

    def __str__(self) -> str:
        return significant(self, 6)


class Whole(int):
    """A whole number that a chapter can count with, and that prints with commas from 10,000 on."""

    def __str__(self) -> str:
        return f"{int(self):,}" if self >= 10_000 else int.__repr__(self)


@dataclass
class Lookups:
    """The lookups of one chapter; figures and findings that it names are noted in the order of naming.

    Every lookup raises SoapbubbleError, naming the chapter and the lookup, if it finds nothing or more than one thing.
    """

    chapter: str
    rows: Sequence[Measurement]
    claims: Mapping[str, Mapping[str, Any]]
    config: Mapping[str, Any]
    references: Mapping[str, Reference] = field(default_factory=dict)
    others: Sequence[Mapping[str, Any]] = ()
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)
    cited: dict[str, None] = field(default_factory=dict)

    def functions(self) -> dict[str, Any]:
        """The names under which a chapter finds its lookups."""
        offered = (
            self.value,
            self.number,
            self.interval,
            self.replicates,
            self.verdict,
            self.estimate,
            self.verdict_is,
            self.ran,
            self.threshold,
            self.setting,
            self.figure,
            self.finding,
            self.decisive,
            self.counted,
            self.elsewhere,
            self.counted_elsewhere,
            self.first_verdicts,
            self.cite,
        )
        return {lookup.__name__: lookup for lookup in offered}

    def value(self, quantity: str, /, digits: int = 4, fmt: str | None = None, **where: Any) -> str:
        """The mean over replicates, with `digits` significant digits or in the format `fmt` (such as ".1%").

        `where` is that of a claim, `minus`, `over` and `aggregate` are those of its selections. A share that only
        rounding would make none or all reads "below 1%" or "above 99%".
        """
        found = self._sample("value", quantity, where).interval(LEVEL).estimate
        return bounded(found, fmt) if fmt else significant(found, digits)

    def number(self, quantity: str, /, **where: Any) -> Number:
        """The mean over replicates as a number, to be compared with others."""
        return Number(self._sample("number", quantity, where).interval(LEVEL).estimate)

    def interval(
        self, quantity: str, /, digits: int = 4, fmt: str | None = None, on: Scale | None = None, **where: Any
    ) -> str:
        """The mean over replicates, taken on the scale `on`, and its 95 % interval; of two replicates, their values.

        All of them in the format `fmt` (such as ".0%") if there is one.
        """
        sample = self._sample("interval", quantity, where)
        if len(sample.rows) == 2 and not sample.is_proportion:
            return " and ".join(bounded(item, fmt) if fmt else significant(item, digits) for item in sample.values)
        found = sample.interval(LEVEL, on)
        if fmt:
            return with_interval_as(fmt, found.estimate, found.low, found.high)
        return with_interval(found.estimate, found.low, found.high, digits)

    def replicates(self, quantity: str, /, **where: Any) -> int:
        """How many replicates a quantity has."""
        return self._sample("replicates", quantity, where).interval(LEVEL).n

    def verdict(self, claim: str) -> str:
        """The verdict in words, linked to the claim."""
        word = self._claim("verdict", claim)["verdict"]
        return f"[{word}](#{claim}){{.verdict .v-{MARKS[word].slug}}}"

    def verdict_is(self, claim: str, *words: str) -> bool:
        """Whether the verdict is one of `words`."""
        for word in words:
            if word not in MARKS:
                self._fail(f'verdict_is("{claim}", "{word}")', f"there is no such verdict; they are {', '.join(MARKS)}")
        return self._claim("verdict_is", claim)["verdict"] in words

    def ran(self, *studies: str) -> bool:
        """Whether this run judged claims of all these studies."""
        return {claim["study"] for claim in self.claims.values()} >= set(studies)

    def estimate(self, claim: str, digits: int = 4) -> str:
        """The estimate that decided a claim, with its interval; in words where other data left none."""
        found = self._claim("estimate", claim)
        if found["estimate"] is None:
            return "an amount that could not be measured"
        return estimate_words(found["estimate"], found["interval"], digits=digits)

    def threshold(self, claim: str, name: str, fmt: str | None = None) -> Number | str:
        """A line by which a claim is judged, as a number, or as text in the format `fmt`."""
        known = self._claim("threshold", claim).get("thresholds", {})
        if name not in known:
            has = f"the claim's thresholds are {', '.join(known)}" if known else "the claim names no thresholds"
            self._fail(f'threshold("{claim}", "{name}")', has)
        return format(float(known[name]), fmt) if fmt else Number(known[name])

    def setting(self, key: str) -> Whole | str:
        """A value of this run's configuration; whole numbers are numbers and print with commas from 10,000 on."""
        found: Any = self.config
        for step in key.split("."):
            if not isinstance(found, Mapping) or step not in found:
                known = ", ".join(map(str, found)) if isinstance(found, Mapping) else "nothing below it"
                self._fail(f'setting("{key}")', f"the configuration has no {step!r} there, but {known}")
            found = found[step]
        return ", ".join(str(_plain(item)) for item in found) if isinstance(found, list | tuple) else _plain(found)

    def figure(self, name: str, caption: str, alt: str) -> str:
        """Place a figure here; on a line of its own."""
        if name in self.figures:
            self._fail(f'figure("{name}")', "the chapter shows that figure twice")
        if not caption.strip() or not alt.strip():
            self._fail(f'figure("{name}")', "a figure needs a caption and an alternative text")
        self.figures[name] = {"caption": caption.strip(), "alt": " ".join(alt.split())}
        return f"\n\n@@figure:{name}@@\n\n"

    def finding(self, claim: str, headline: str, when: str = "supported") -> str:
        """Put a claim forward on the first page, if this run decided it; headed so if its verdict is `when`."""
        self.findings[claim] = headline if self.verdict_is(claim, when) else ""
        return ""

    def decisive(self, *claims: str) -> str:
        """Place a table of these claims here, with threshold, estimate and verdict; on a line of its own."""
        for claim in claims:
            self._claim("decisive", claim)
        return f"\n\n@@claims:{' '.join(claims)}@@\n\n"

    def counted(self, verdict: str = "", group: str = "source", study: str = "") -> int:
        """How many claims of a group (`verdicts.GROUPS`) got this verdict; all of them if it names none."""
        call = f'counted("{verdict}", group="{group}")'
        if verdict not in ("", *MARKS):
            self._fail(call, f"there is no such verdict; they are {', '.join(MARKS)}")
        if group not in GROUPS:
            self._fail(call, f"there is no such group; they are {', '.join(GROUPS)}")
        return sum(
            group_of(claim) == group and verdict in ("", claim["verdict"]) and study in ("", claim["study"])
            for claim in self.claims.values()
        )

    def elsewhere(self, run: str, claim: str, number: bool = False) -> str:
        """The verdict on a claim's statement in another published run, in words; with its estimate for `number`.

        "the same" where that run says nothing else, and from no better data.
        """
        self._claim("elsewhere", claim)
        for other in self.others:
            if (other["run"], other["claim"]) == (run, claim):
                return f"{other['verdict']}, {other['estimate']}" if number and other["estimate"] else other["verdict"]
        return "the same"

    def counted_elsewhere(self, run: str, *verdicts: str, differing: bool = False) -> int:
        """Of how many claims another published run has a verdict that differs or rests on data nearer to the source's.

        With `differing` only those that differ from this run's, with `verdicts` only those there so.
        """
        return sum(
            other["run"] == run
            and (not verdicts or other["verdict"] in verdicts)
            and not (differing and other["verdict"] == of_statement(self.claims[other["claim"]]))
            for other in self.others
        )

    def first_verdicts(self) -> str:
        """How many rules and verdicts changed after a first published verdict; empty where no history is at hand."""
        return first_verdicts.told(self.claims.values())

    def cite(self, key: str) -> str:
        """A reference by author and year, linked to its entry among the references."""
        if key not in self.references:
            self._fail(f'cite("{key}")', f"there is no such reference{_close(key, self.references)}")
        self.cited[key] = None
        return f"[{self.references[key].label}](#ref-{key})"

    def _claim(self, lookup: str, claim: str) -> Mapping[str, Any]:
        if claim not in self.claims:
            self._fail(f'{lookup}("{claim}")', f"there is no such claim{_close(claim, self.claims)}")
        return self.claims[claim]

    def _sample(self, lookup: str, quantity: str, where: Mapping[str, Any]) -> Sample:
        call = ", ".join([f'"{quantity}"', *(f"{key}={item!r}" for key, item in where.items())])
        known = {row.quantity for row in self.rows}
        if quantity not in known:
            self._fail(f"{lookup}({call})", f"nothing of that name was measured{_close(quantity, known)}")
        try:
            made = {key: where[key] for key in ("minus", "over", "aggregate") if key in where}
            condition = {key: item for key, item in where.items() if key not in made}
            selection = Selection.model_validate({"quantity": quantity, "where": condition, **made})
            return Table(self.rows).sample(selection)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            self._fail(f"{lookup}({call})", f"{place}: {first['msg'].removeprefix('Value error, ')}")
        except (SoapbubbleError, ValueError) as error:
            self._fail(f"{lookup}({call})", str(error).rstrip("."))

    def _fail(self, lookup: str, why: str) -> NoReturn:
        raise SoapbubbleError(f"{self.chapter}: {lookup}: {why}; mend the chapter.")


def _plain(item: Any) -> Whole | str:
    if isinstance(item, int) and not isinstance(item, bool):
        return Whole(item)
    return significant(item, 6) if isinstance(item, float) else str(item)


def _close(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=3)
    return f" (perhaps {' or '.join(near)})" if near else ""
