"""A result that was damaged is named in one sentence, with what to do about it."""

import zipfile

import numpy as np
import pytest

from soapbubble.config.plot import Style
from soapbubble.errors import SoapbubbleError
from soapbubble.figures.found import read_found
from soapbubble.json_file import read_json
from soapbubble.measurements import to_csv

STYLE = Style(column_inches=3.4, page_inches=7.0, font_points=8.0, dots_per_inch=50)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"claims": 1', b'{"sources": 1}', b"\xff", b"[" * 10**5])
def test_damaged_json_is_named(tmp_path, content):
    path = tmp_path / "claims.json"
    path.write_bytes(content)
    with pytest.raises(SoapbubbleError, match=r"claims\.json: [^\n]+; delete it and run snakemake again\.$"):
        read_json(path, "claims")


def test_json_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(SoapbubbleError, match=r"claims\.json: does not exist; run snakemake first\.$"):
        read_json(tmp_path / "claims.json")


@pytest.mark.parametrize("damage", ["cut", "no archive", "objects", "empty", "missing", "header"])
def test_damaged_pictures_of_a_part_are_named(tmp_path, damage):
    table, path = tmp_path / "coverage.csv", tmp_path / "coverage.npz"
    table.write_text(to_csv([]))
    np.savez_compressed(
        path, distribution=np.array(["a", None], dtype=object) if damage == "objects" else np.arange(1000)
    )
    if damage == "missing":
        path.unlink()
    elif damage == "header":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("distribution.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': (((    \n")
    elif damage != "objects":
        path.write_bytes({"cut": path.read_bytes()[:-50], "no archive": b"nothing", "empty": b""}[damage])
    with pytest.raises(SoapbubbleError, match=r"coverage\.npz: [^\n]+; delete it and run snakemake again\.$"):
        read_found(table, path, {})
