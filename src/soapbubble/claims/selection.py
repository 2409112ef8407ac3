"""What a rule reads: a quantity, the conditions it is taken from, and what is made of several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from soapbubble.measurements import Measurement, Scalar, condition_text
from soapbubble.numbers import significant


class Strict(BaseModel):
    """What a claims file writes: no unknown keys, no conversions, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)


def _keys(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Keys = Annotated[list[str], BeforeValidator(_keys)]


class Range(Strict):
    """The numbers from one end to the other, both included; an end that is not written is open."""

    start: float | None = Field(default=None, alias="from")
    end: float | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _not_empty(self) -> Range:
        if self.start is None and self.end is None:
            raise ValueError("a range needs `from`, `to` or both")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError("a range goes from the smaller number to the larger one")
        return self

    def __contains__(self, value: Scalar) -> bool:
        if isinstance(value, bool | str):
            return False
        return (self.start is None or value >= self.start) and (self.end is None or value <= self.end)

    def __str__(self) -> str:
        ends = (("from", self.start), ("to", self.end))
        return " ".join(f"{word} {words_of(end)}" for word, end in ends if end is not None)


class OneOf(Strict):
    """Any of the listed values, each of which must have been measured."""

    items: list[str | int | float | bool] = Field(alias="in", min_length=1)

    def __contains__(self, value: Scalar) -> bool:
        return any(same(value, item) for item in self.items)

    def __str__(self) -> str:
        return f"one of {', '.join(map(words_of, self.items))}"


def same(a: Scalar, b: Scalar) -> bool:
    """Whether two values of a condition are the same: 3 and 3.0 are, 1 and True are not."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


_CAPITALS = (
    "AUC CKA Carlo Conv2 ELBO Gabor Gaussian Gaussians Hausdorff I Jacobian Jensen KL Monte PCA PNG PSNR Poisson "
    "RMS ReLU Ripley SSIM VAE Wasserstein"
)
_SPELT = {word.lower(): word for word in _CAPITALS.split()}
_SPELT |= {"frechet": "Fréchet", "log10": "log₁₀", "morans": "Moran's", "r2": "R²", "tsne": "t-SNE"}


def spelt(quantity: str) -> str:
    """The name of a quantity as a person would write it.

    >>> spelt("frechet_distance"), spelt("difference of log10_kl to auc")
    ('Fréchet distance', 'difference of log₁₀ KL to AUC')
    """
    return " ".join(_SPELT.get(word, word) for word in quantity.replace("_", " ").split(" "))


def words_of(value: Scalar | Range | OneOf) -> str:
    """A value of a condition as a person would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value).replace("-", "−")
    return significant(value, 6) if isinstance(value, float) else str(value)


# Each takes values (replicates, conditions) and, for the last two, the conditions' numbers; a result a replicate.
_STATISTICS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda values: values.mean(axis=1),
    "median": lambda values: np.median(values, axis=1),
    "min": lambda values: values.min(axis=1),
    "max": lambda values: values.max(axis=1),
}
_TALLIES = ("count", "share")
_TRENDS = ("slope", "exponent")
_WORDS = {"min": "smallest", "max": "largest"}


class Aggregate(Strict):
    """One number made of the values of a quantity under several conditions, in each replicate by itself.

    Exactly one of the functions names the condition keys over which it goes. `count` and `share` say how many of the
    conditions, or which share of them, have a value of at least `at_least` and at most `at_most`. `slope` is that of
    the least-squares line of the value on a numeric key, `exponent` the same of the logarithms of both.
    """

    mean: Keys | None = None
    median: Keys | None = None
    min: Keys | None = None
    max: Keys | None = None
    count: Keys | None = None
    share: Keys | None = None
    slope: str | None = None
    exponent: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one(self) -> Aggregate:
        names = (*_STATISTICS, *_TALLIES, *_TRENDS)
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"an aggregate is one of {', '.join(names)}, with the condition keys it goes over")
        if not self.keys:
            raise ValueError(f"`{given[0]}` needs the condition keys it goes over")
        lines = self.at_least is not None or self.at_most is not None
        if lines != (given[0] in _TALLIES):
            raise ValueError("`at_least` and `at_most` say what `count` and `share` count, and belong to them only")
        return self

    @property
    def name(self) -> str:
        """The name of the function."""
        return next(name for name in (*_STATISTICS, *_TALLIES, *_TRENDS) if getattr(self, name) is not None)

    @property
    def keys(self) -> tuple[str, ...]:
        """The condition keys it goes over."""
        found = getattr(self, self.name)
        return (found,) if isinstance(found, str) else tuple(found)

    @property
    def keeps_unit(self) -> bool:
        """Whether the result is in the unit of the values."""
        return self.name in _STATISTICS

    def of(self, values: np.ndarray, at: list[Scalar]) -> np.ndarray:
        """The aggregate (replicates,) of values (replicates, conditions), `at` the conditions' first key.

        A replicate with a value that is not finite gives NaN.
        """
        bad = ~np.isfinite(values).all(axis=1)
        if self.name in _STATISTICS:
            found = _STATISTICS[self.name](values)
        elif self.name in _TALLIES:
            low = -np.inf if self.at_least is None else self.at_least
            high = np.inf if self.at_most is None else self.at_most
            met = (values >= low) & (values <= high)
            found = met.sum(axis=1) if self.name == "count" else met.mean(axis=1)
        else:
            found = self._trend(values, at)
        return np.where(bad, np.nan, found)

    def _trend(self, values: np.ndarray, at: list[Scalar]) -> np.ndarray:
        if any(isinstance(item, bool | str) for item in at) or len(at) < 2:
            raise ValueError(
                f"a {self.name} along {self.keys[0]} needs that condition as a number, at two values at least"
            )
        x = np.array(at, dtype=float)
        if self.name == "exponent":
            if (x <= 0).any():
                raise ValueError(f"an exponent needs positive values of {self.keys[0]}")
            with np.errstate(divide="ignore", invalid="ignore"):
                x, values = np.log(x), np.log(values)
        fits = [np.polyfit(x, row, 1)[0] if np.isfinite(row).all() else np.nan for row in values]
        return np.array(fits)

    def words(self, of: str) -> str:
        """The aggregate of the quantity `of` as a person would write it."""
        keys = " and ".join(self.keys)
        if self.name in _TRENDS:
            return f"{self.name} of {of} along {keys}"
        if self.name in _TALLIES:
            ends = (("at least", self.at_least), ("at most", self.at_most))
            lines = " and ".join(f"{word} {significant(line)}" for word, line in ends if line is not None)
            return f"{'number' if self.name == 'count' else 'share'} of values of {keys} with {of} {lines}"
        return f"{_WORDS.get(self.name, self.name)} {of} over {keys}"


def _item(raw: Any) -> Any:
    """What a key of `where` asks for: a value, a range or a list."""
    if not isinstance(raw, dict):
        return raw
    if not raw or not set(raw) <= {"from", "to", "in"} or ("in" in raw and len(raw) > 1):
        raise ValueError("ask for a value, for a range {from: 32, to: 1024}, or for a list {in: [uniform, normal]}")
    return OneOf.model_validate(raw) if "in" in raw else Range.model_validate(raw)


Where = dict[str, Annotated[str | int | float | bool | Range | OneOf, BeforeValidator(_item)]]


class Selection(Strict):
    """Which measurements a rule reads, and the number it makes of them in each replicate.

    From the quantity, where its condition is as `where` says, the selection `minus` is subtracted; the difference is
    divided by the selection `over`; the results are aggregated.
    """

    quantity: str
    where: Where = Field(default_factory=dict)
    minus: Selection | None = None
    over: Selection | None = None
    aggregate: Aggregate | None = None

    def __str__(self) -> str:
        where = self.written().get("where")
        return f"{self.quantity} where {condition_text(where)}" if where else self.quantity

    def written(self) -> dict[str, Any]:
        """The selection as a claims file writes it."""
        return self.model_dump(mode="json", exclude_defaults=True, by_alias=True)

    def matches(self, row: Measurement) -> bool:
        """Whether the row is one of those of the quantity itself."""
        return row.quantity == self.quantity and all(
            key in row.condition
            and (row.condition[key] in item if isinstance(item, Range | OneOf) else same(row.condition[key], item))
            for key, item in self.where.items()
        )

    def everything(self) -> Iterator[Selection]:
        """The selection itself and those that it subtracts and divides by."""
        yield self
        for other in (self.minus, self.over):
            if other is not None:
                yield from other.everything()

    def goes_along(self, key: str) -> bool:
        """Whether the condition `key` is left open: neither fixed to one value nor aggregated over."""
        fixed = key in self.where and not isinstance(self.where[key], Range | OneOf)
        return not fixed and not (self.aggregate and key in self.aggregate.keys)

    def words(self, condition: Mapping[str, Scalar] | None = None) -> str:
        """The quantity and its condition as a person would write them."""
        shown = dict(self.where) | dict(condition or {})
        text = _with(spelt(self.quantity), shown)
        if self.minus:
            text = f"{text} less {self._other(self.minus)}"
        if self.over:
            text = f"{f'({text})' if self.minus else text} relative to {self._other(self.over)}"
        return self.aggregate.words(text) if self.aggregate else text

    def _other(self, other: Selection) -> str:
        """What this quantity is compared with: of the same one under another condition, only what differs."""
        if other.quantity != self.quantity or other.minus or other.over or other.aggregate:
            return other.words()
        return _with("that", {key: item for key, item in other.where.items() if self.where.get(key) != item})

    @property
    def name(self) -> str:
        """What is measured, without its condition: "largest frechet over kind"."""
        name = self.quantity
        if self.minus:
            name = f"{name} less {self.minus.words()}"
        if self.over:
            name = (
                f"({name}) relative to {self.over.words()}" if self.minus else f"{name} relative to {self.over.words()}"
            )
        return self.aggregate.words(name) if self.aggregate else name


def _with(name: str, condition: Mapping[str, Scalar | Range | OneOf]) -> str:
    details = ", ".join(_detail(key, condition[key]) for key in sorted(condition))
    return f"{name} ({details})" if details else name


def _detail(key: str, item: Scalar | Range | OneOf) -> str:
    return f"{key} {item}" if isinstance(item, Range | OneOf) else f"{key} = {words_of(item)}"
