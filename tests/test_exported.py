"""Exported programs of other people are read as graphs and numbers: what could run code is refused before."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import pytest
import torch
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.models.exported import load_program

RAN = []


def spring():
    RAN.append("ran")


class Trap:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return spring, ()


class WithBuffer(nn.Module):
    """Parameters, a buffer, a constant, and a submodule that exports as in practice."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.constant = torch.ones(4)

    def forward(self, x):
        return self.norm(self.linear(x)) + self.constant + torch.tensor([1.0, 2, 3, 4])


@pytest.fixture
def program(tmp_path):
    RAN.clear()
    path = tmp_path / "network.pt2"
    torch.export.save(torch.export.export(WithBuffer().eval(), (torch.zeros(2, 3),)), path)
    return path


def rewritten(path, change, added=()):
    """The archive with the content of its files changed by `change(name, content)`, and files added."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: change(name, archive.read(name)) for name in archive.namelist()}
    root = next(iter(contents)).partition("/")[0]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (contents | {f"{root}/{place}": content for place, content in added}).items():
            archive.writestr(name, content)


def trapped_inputs(name, content):
    buffer = io.BytesIO()
    torch.save(Trap(), buffer)
    return buffer.getvalue() if "sample_inputs" in name else content


def pickled_weights(name, content):
    if not name.endswith("weights_config.json"):
        return content
    config = json.loads(content)
    next(iter(config["config"].values()))["use_pickle"] = True
    return json.dumps(config)


def opaque_constants(name, content):
    if not name.endswith("constants_config.json"):
        return content
    config = json.loads(content)
    next(iter(config["config"].values()))["path_name"] = "opaque_obj_0"
    return json.dumps(config)


def same(name, content):
    return content


def test_a_program_of_numbers_is_read(program):
    x = torch.rand(2, 3)
    assert load_program(program).module()(x).shape == (2, 4)


def test_torch_itself_would_spring_the_trap(program):
    rewritten(program, trapped_inputs)
    with pytest.raises((AssertionError, TypeError)):
        torch.export.load(program)
    assert RAN


@pytest.mark.parametrize(
    ("change", "added", "words"),
    [
        (trapped_inputs, (), "the pickle data/sample_inputs/model.pt"),
        (pickled_weights, (), "the pickle weight_0"),
        (opaque_constants, (), "the pickle opaque_obj_0"),
        (same, [("data/aotinductor/model/model.so", b"code")], "data/aotinductor/model/model.so"),
        (same, [("data/weights/model.pt", pickle.dumps(Trap()))], "the pickle data/weights/model.pt"),
    ],
)
def test_what_could_run_code_is_refused_and_does_not_run(program, change, added, words):
    rewritten(program, change, added)
    with pytest.raises(SoapbubbleError, match=f"network.pt2: holds {words}, which could run code"):
        load_program(program)
    assert RAN == []


def test_the_format_of_old_is_refused(program):
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr("version", "8.8")
        archive.writestr("serialized_state_dict.pt", pickle.dumps(Trap()))
    with pytest.raises(SoapbubbleError, match="holds an archive of an old format"):
        load_program(program)
    assert RAN == []
