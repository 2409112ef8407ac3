"""Networks of other people are read as operations and numbers: what could run other code is refused before."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import zipfile

import pytest
import torch
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.models.exported import load_program
from soapbubble.models.torchscript import is_torchscript, load_script

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
        return self.norm(self.linear(x)) + self.constant + torch.tensor([1.0, 2.0, 3.0, 4.0])


@pytest.fixture
def program(tmp_path):
    RAN.clear()
    path = tmp_path / "network.pt2"
    shapes = ({0: torch.export.Dim("rows", min=2, max=100)},)
    torch.export.save(torch.export.export(WithBuffer().eval(), (torch.zeros(2, 3),), dynamic_shapes=shapes), path)
    return path


@pytest.fixture
def script(tmp_path):
    RAN.clear()
    path = tmp_path / "network.of-any-name"
    torch.jit.save(torch.jit.script(WithBuffer()), path)
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


CALL = f"__import__('{__name__}').spring()"


def in_graph(change):
    """A change of the description of the graph."""

    def changed(name, content):
        if not name.endswith("models/model.json"):
            return content
        description = json.loads(content)
        change(description)
        return json.dumps(description)

    return changed


def code_as_size(name, content):
    return content.replace(b"Symbol('s", CALL.encode() + b" + Symbol('s") if name.endswith("model.json") else content


code_as_guard = in_graph(lambda program: program.update(guards_code=[CALL]))
opens_a_file = in_graph(
    lambda program: program["graph_module"]["graph"]["nodes"][0].update(target="torch.ops.aten.from_file.default")
)
imports_a_module = in_graph(
    lambda program: program["graph_module"]["module_call_graph"][0]["signature"].update(
        in_spec='[1, {"type": "builtins.dict", "context": "[{\\"__enum__\\": true}]", "children_spec": []}]'
    )
)


def same(name, content):
    return content


def test_a_program_of_numbers_is_read(program):
    x = torch.rand(2, 3)
    assert load_program(program).module()(x).shape == (2, 4)


@pytest.mark.parametrize("change", [trapped_inputs, code_as_size, code_as_guard])
def test_torch_itself_would_spring_the_trap(program, change):
    rewritten(program, change)
    with contextlib.suppress(Exception):
        torch.export.load(program).module()(torch.zeros(2, 3))
    assert RAN


@pytest.mark.parametrize(
    ("change", "added", "words"),
    [
        (trapped_inputs, (), "the pickle data/sample_inputs/model.pt"),
        (pickled_weights, (), "the pickle weight_0"),
        (opaque_constants, (), "the pickle opaque_obj_0"),
        (code_as_size, (), r"the code .__import__\('test_exported'\)"),
        (code_as_guard, (), r"the code .__import__\('test_exported'\)"),
        (opens_a_file, (), "the code 'torch.ops.aten.from_file.default'"),
        (imports_a_module, (), "the code .*__enum__.*"),
        (same, [("data/aotinductor/model/model.so", b"code")], "data/aotinductor/model/model.so"),
        (same, [("data/weights/model.pt", pickle.dumps(Trap()))], "the pickle data/weights/model.pt"),
    ],
)
def test_what_could_run_code_is_refused_and_does_not_run(program, change, added, words):
    rewritten(program, change, added)
    with pytest.raises(SoapbubbleError, match=f"network.pt2: holds {words}.*, which could run code"):
        load_program(program)
    assert RAN == []


def test_the_format_of_old_is_refused(program):
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr("version", "8.8")
        archive.writestr("serialized_state_dict.pt", pickle.dumps(Trap()))
    with pytest.raises(SoapbubbleError, match="holds an archive of an old format"):
        load_program(program)
    assert RAN == []


class Saves(nn.Module):
    """Writes a file when it is run, and another one as soon as it is loaded."""

    def __init__(self, running: str, loading: str) -> None:
        super().__init__()
        self.running, self.loading = running, loading

    def forward(self, x):
        torch.save(x, self.running)
        return x


class SavesOnLoading(Saves):
    @torch.jit.export
    def __getstate__(self):
        return self.running, self.loading, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, str, bool]):
        self.running, self.loading, self.training = state
        torch.save(0, self.loading)


def test_a_script_of_numbers_is_read_in_evaluation_mode(script, program):
    x = torch.rand(2, 3)
    network = load_script(script)
    torch.testing.assert_close(network(x)[:1], network(x[:1]))
    assert is_torchscript(script)
    assert not is_torchscript(program)
    assert not is_torchscript(script.parent)


@pytest.mark.parametrize("place", ["data.pkl", "constants.pkl"])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_the_reader_of_scripts_calls_nothing_that_a_pickle_names(script, place, protocol):
    pickled = pickle.dumps(Trap(), protocol=protocol)
    rewritten(script, lambda name, content: pickled if name.endswith(place) else content)
    with pytest.raises(SoapbubbleError, match=r"network.of-any-name: cannot be read as TorchScript .*; write it with"):
        load_script(script)
    assert RAN == []
    pickle.loads(pickled)
    assert RAN == ["ran"]


@pytest.mark.parametrize(
    ("kind", "words"), [(Saves, "the code 'aten::save'"), (SavesOnLoading, "the code code/__torch__")]
)
def test_a_script_that_opens_files_is_refused_before_it_does(tmp_path, kind, words):
    path, running, loading = (tmp_path / name for name in ("script.pt", "running", "loading"))
    torch.jit.save(torch.jit.script(kind(str(running), str(loading))), path)
    with pytest.raises(SoapbubbleError, match=f"script.pt: holds {words}.*, which could run code"):
        load_script(path)
    assert not running.exists()
    assert not loading.exists()
    torch.jit.load(path)(torch.zeros(1))
    assert running.exists()
    assert loading.exists() == (kind is SavesOnLoading)


def test_a_script_with_a_file_that_no_script_needs_is_refused(script):
    rewritten(script, same, [("model.json", b"{}")])
    with pytest.raises(SoapbubbleError, match=r"holds model\.json, which could run code"):
        load_script(script)
