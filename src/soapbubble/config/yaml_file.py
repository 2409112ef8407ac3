"""How YAML files are read: nothing in them is lost in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from soapbubble.errors import SoapbubbleError

# What PyYAML raises at damaged files: its makers of numbers, dates and truth values trust what they are given.
DAMAGES = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it


class _Plain(_Loader):
    """YAML that says what it means: no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for place, key in enumerate(keys) if key in keys[:place]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"key '{twice}' is written twice", node.start_mark)
        return super().construct_mapping(node, deep)


def plain_yaml(text: str) -> Any:
    """The plain data in a YAML text without references, by which a small text can unfold to any size.

    Raises:
        yaml.YAMLError: the text is no YAML, says the same key twice, or refers to its own parts; and other DAMAGES.
    """
    for event in yaml.parse(text, Loader=_Plain):
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark
            raise yaml.composer.ComposerError(None, None, "references (*) are not allowed; write the value", mark)
    return yaml.load(text, Loader=_Plain)


def read_yaml(path: Path) -> Any:
    """The plain data in a YAML file.

    Raises:
        SoapbubbleError: the file does not exist, is no YAML, says the same key twice, or refers to its own parts.
    """
    try:
        return plain_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SoapbubbleError(
            f"{path}: does not exist; run this in the project's folder, or correct the name."
        ) from error
    except (OSError, *DAMAGES) as error:
        raise SoapbubbleError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())}).") from error
