"""How results in JSON are written and read: a damaged one is named, with what to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from soapbubble.errors import SoapbubbleError


def read_json(path: Path, *keys: str) -> dict[str, Any]:
    """The mapping in the file `path`, which has at least these keys.

    Raises:
        SoapbubbleError: the file does not exist, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.keys() >= set(keys):
            return content
    except FileNotFoundError as error:
        raise SoapbubbleError(f"{path}: does not exist; run snakemake first.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise SoapbubbleError(f"{path}: cannot be read ({error}); delete it and run snakemake again.") from error
    raise SoapbubbleError(f"{path}: is not what was written there; delete it and run snakemake again.")


def json_text(content: object) -> str:
    """The content as JSON text that is the same for equal contents."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
