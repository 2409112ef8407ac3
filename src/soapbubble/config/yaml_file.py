"""How YAML files are read: nothing in them is lost in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from soapbubble.errors import SoapbubbleError


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key written twice is an error, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for place, key in enumerate(keys) if key in keys[:place]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"key '{twice}' is written twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """The plain data in a YAML file.

    Raises:
        SoapbubbleError: the file does not exist, is no YAML, or says the same key twice.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except FileNotFoundError as error:
        raise SoapbubbleError(
            f"{path}: does not exist; run this in the project's folder, or correct the name."
        ) from error
    except (OSError, ValueError, yaml.YAMLError, TypeError) as error:
        raise SoapbubbleError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())}).") from error
