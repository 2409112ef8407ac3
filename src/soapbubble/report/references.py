"""What the report cites: the entries of a BibTeX file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from soapbubble.errors import SoapbubbleError


@dataclass(frozen=True)
class Reference:
    """An entry: how the text names it ("Edelman 1988"), its description, and where it is found."""

    label: str
    text: str
    address: str


def read_references(path: Path) -> dict[str, Reference]:
    """The entries of a BibTeX file, by key.

    Raises:
        SoapbubbleError: the file is not BibTeX, or an entry has no author, year, title or address (DOI or URL).
    """
    command = [pypandoc.get_pandoc_path(), "--from=biblatex", "--to=csljson", "--sandbox", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SoapbubbleError(f"{path}: cannot be read as BibTeX ({done.stderr.strip()}); mend it.")
    return {item["id"]: _reference(item, path) for item in json.loads(done.stdout)}


def _reference(item: Mapping[str, Any], path: Path) -> Reference:
    address = f"https://doi.org/{item['DOI']}" if "DOI" in item else item.get("URL", "")
    missing = [key for key in ("author", "issued", "title") if key not in item] + ([] if address else ["doi or url"])
    if missing:
        raise SoapbubbleError(f"{path}: the entry '{item['id']}' has no {', '.join(missing)}; add it.")
    names = [_name(author) for author in item["author"]]
    year = item["issued"]["date-parts"][0][0]
    short = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."
    place = item.get("container-title") or item.get("publisher") or item.get("genre")
    parts = [", ".join(names), f"“{item['title']}”", place, item.get("volume"), item.get("page"), str(year)]
    return Reference(f"{short} {year}", ", ".join(part for part in parts if part) + ".", address)


def _name(author: Mapping[str, str]) -> str:
    """The family name with its particle: van der Maaten, d’Errico."""
    particle = author.get("non-dropping-particle", "")
    space = " " if particle and not particle.endswith("’") else ""
    return particle + space + (author.get("family") or author["literal"])
