"""The configuration: `config.yaml` and its overlays, checked before anything runs (no torch, no NumPy)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model, field_validator, model_validator

from soapbubble.config.autoencoders import Autoencoders
from soapbubble.config.base import Block
from soapbubble.config.data import Data
from soapbubble.config.face_autoencoders import FaceAutoencoders
from soapbubble.config.networks import Networks
from soapbubble.config.plot import Style
from soapbubble.config.yaml_file import read_yaml
from soapbubble.errors import SoapbubbleError
from soapbubble.parts.declaration import declared_values
from soapbubble.parts.studies import StudyPlace, built_in, name_of, study

# What is wrong with a value, by pydantic's name for it, in words for people who write YAML.
REMEDIES = {
    "int_type": "write a whole number in digits, such as 100000",
    "int_parsing": "write a whole number in digits, such as 100000",
    "string_type": "write text; put it into quotes if it looks like a number",
    "list_type": "write a list, in [ ]",
    "tuple_type": "write a list, in [ ]",
    "model_type": "write keys and values below it, or remove the key",
    "dict_type": "write keys and values below it, or remove the key",
}


class Config(Block):
    """All of `config.yaml` but the settings of the studies; `validate` adds a block for each study and part."""

    run: str = Field(description="the folder below results/")
    strict: bool = Field(description="whether the report refuses stale or altered results")
    available: list[str] = Field(description="what this run has of what claims may need")
    size: Literal["full", "smoke"] = Field(
        "full", description="which of the declared settings hold where none is given"
    )
    studies: list[str] = Field(min_length=1, description="the studies of this run, in the report's order")
    data: Data
    plot: Style
    autoencoders: Autoencoders
    networks: Networks
    face_autoencoders: FaceAutoencoders

    @field_validator("run")
    @classmethod
    def _folder(cls, run: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", run):
            raise ValueError("only letters, digits, '.', '_' and '-' are allowed, and a letter or a digit comes first")
        if run == "reference":
            raise ValueError("results/reference keeps the published verdicts; choose another name")
        return run

    @model_validator(mode="after")
    def _trained_once(self) -> Self:
        for key in ("models", "families"):
            twice = getattr(self.autoencoders, key).keys() & getattr(self.face_autoencoders, key).keys()
            if twice or "classifier" in getattr(self.face_autoencoders, key):
                name = min(twice, default="classifier")
                raise ValueError(f"the name '{name}' stands in `face_autoencoders` and is taken; choose another")
        return self

    @field_validator("studies")
    @classmethod
    def _each_once(cls, studies: list[str]) -> list[str]:
        if len(set(map(name_of, studies))) < len(studies):
            raise ValueError("a study is named twice; name each once")
        return studies


def validate(raw: Mapping[str, Any]) -> Config:
    """Check a whole configuration and complete it with the declared settings of its studies.

    Raises:
        SoapbubbleError: one sentence with the offending key and what is allowed there.
    """
    if not isinstance(raw, Mapping):
        return _validate(Config, raw, ())
    places = _places(raw)
    complete = dict(raw)
    for place in places:
        given = raw.get(place.name, {})
        if isinstance(given, Mapping):
            complete[place.name] = _completed(place, given, smoke=raw.get("size") == "smoke")
    return _validate(_whole(tuple(places)), complete, ())


def _places(raw: Mapping[str, Any]) -> list[StudyPlace]:
    """The library's studies, whether they are run or not, and those that the configuration names by their folders."""
    named = raw.get("studies")
    entries = [entry for entry in named if isinstance(entry, str)] if isinstance(named, list) else []
    return [study(entry) for entry in dict.fromkeys([*built_in(), *entries])]


def _completed(place: StudyPlace, given: Mapping[str, Any], smoke: bool) -> dict[str, Any]:
    whole: dict[str, Any] = {part.name: declared_values(part.kind, smoke) for part in place.parts}
    _merge(whole, given)
    return whole


def _required(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of these kinds, as pydantic's `create_model` has them."""
    return {name: (kind, ...) for name, kind in kinds.items()}


@cache
def _whole(places: tuple[StudyPlace, ...]) -> type[Config]:
    """The configuration with the blocks of these studies."""
    blocks: dict[str, Any] = {
        place.name: (
            create_model(place.name, __base__=Block, **_required({part.name: part.kind for part in place.parts})),
            ...,
        )
        for place in places
    }
    return create_model("Config", __base__=Config, **blocks)


def load(paths: Sequence[Path], given: Sequence[str] = ()) -> Config:
    """Read `config.yaml` and its overlays, later files replacing single values of earlier ones, and check all.

    `given` are words of the command line, `key=value` with the value in YAML, which replace values of the files.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        raw = read_yaml(path) or {}
        if not isinstance(raw, dict):
            raise SoapbubbleError(f"{path}: a configuration is a mapping of keys to values; see config.yaml.")
        _merge(merged, raw)
    words = [word.partition("=") for word in given]
    if lost := [word for word, (key, sign, _) in zip(given, words, strict=True) if not (key and sign)]:
        raise SoapbubbleError(f"--config {lost[0]}: is not of the form key=value; write it so.")
    return validate(with_words(merged, {key: value for key, _, value in words}))


def with_words(raw: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with what the command line gave, whose texts are read as a YAML file would have them."""
    merged = deepcopy(dict(raw))
    _merge(merged, {key: _as_yaml(key, value) for key, value in given.items()})
    return merged


def _as_yaml(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _as_yaml(f"{key}.{name}", item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_yaml(key, item) for item in value]
    try:
        return yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        raise SoapbubbleError(f"Configuration key '{key}' cannot be {value[:80]}: that is no YAML; quote it.") from None


def blocks_text(config: Config, *keys: str, **more: Any) -> str:
    """The blocks at the dotted `keys` as canonical JSON `{key: block}`, and `more`: all that a job is told."""
    found: dict[str, Any] = dict(more)
    for key in keys:
        value: Any = config
        for name in key.split("."):
            value = value[name] if isinstance(value, dict) else getattr(value, name)
        found[key] = _plain(value)
    return json.dumps(found, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def parse_blocks(text: str) -> dict[str, Any]:
    """The keys and checked blocks of a text that `blocks_text` made; none of them a part's."""
    found = {}
    for key, raw in json.loads(text).items():
        kind: Any = Config
        for name in key.split("."):
            kind = kind.model_fields[name].annotation if _is_block(kind) else get_args(kind)[1]
        found[key] = _parse(kind, raw, tuple(key.split(".")))
    return found


def parse_part(kind: type[BaseModel], text: str) -> Any:
    """The one block of settings in a text that `blocks_text` made, as the part's class `kind`."""
    ((key, raw),) = json.loads(text).items()
    return _validate(kind, raw, tuple(key.split(".")))


def _parse(kind: Any, raw: Any, place: tuple[str, ...]) -> Any:
    if _is_block(kind):
        return _validate(kind, raw, place)
    if isinstance(raw, dict):
        return {name: _parse(get_args(kind)[1], item, (*place, name)) for name, item in raw.items()}
    return raw


def _merge(base: dict[str, Any], overlay: Mapping[str, Any]) -> None:
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _validate(kind: type[BaseModel], raw: Any, place: tuple[str, ...]) -> Any:
    _refuse_strange(raw, place)
    try:
        # JSON mode: lists may become tuples.
        return kind.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise SoapbubbleError(_sentence(kind, error, place)) from error


def _refuse_strange(raw: Any, place: tuple[str, ...]) -> None:
    """Refuse what YAML can say and JSON cannot, such as dates."""
    if isinstance(raw, Mapping | list):
        for key, item in raw.items() if isinstance(raw, Mapping) else enumerate(raw):
            _refuse_strange(item, (*place, str(key)))
    elif raw is not None and not isinstance(raw, str | int | float):
        raise SoapbubbleError(
            f"Configuration key '{'.'.join(place)}' cannot be {str(raw)[:80]}: only numbers, text, true, false, null, "
            "lists and mappings are allowed; put text into quotes."
        )


def _sentence(kind: type[BaseModel], error: ValidationError, place: tuple[str, ...]) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in (*place, *first["loc"])) or "(top level)"
    if first["type"] == "extra_forbidden":
        allowed = ", ".join(_allowed(kind, first["loc"][:-1]))
        return f"Configuration key '{where}' is unknown; remove it or use one of: {allowed}."
    if first["type"] == "missing":
        return f"Configuration key '{where}' is missing; config.yaml shows what belongs there."
    what = REMEDIES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    what = what[0].lower() + what[1:]
    if isinstance(first["input"], dict):  # a check of a whole block: the keys are in its words
        return f"Configuration key '{where}': {what}."
    return f"Configuration key '{where}' cannot be {json.dumps(first['input'])[:80]}: {what}."


def _allowed(kind: Any, loc: tuple[int | str, ...]) -> list[str]:
    for name in loc:
        if isinstance(kind, type) and issubclass(kind, BaseModel) and name in kind.model_fields:
            kind = kind.model_fields[name].annotation
        else:
            kind = next((arm for arm in get_args(kind) if _is_block(arm)), kind)
    if not _is_block(kind):
        kind = next((arm for arm in get_args(kind) if _is_block(arm)), None)
    return sorted(kind.model_fields) if kind else ["the keys that config.yaml shows"]


def _is_block(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
