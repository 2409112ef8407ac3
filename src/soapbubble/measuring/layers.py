"""The output of one layer of a network, without running anything that comes after it."""

from __future__ import annotations

import copy
from difflib import get_close_matches
from typing import Any, Literal

import torch
from torch import fx, nn
from torch.fx.experimental.optimization import fuse

from soapbubble.errors import SoapbubbleError
from soapbubble.models.layers import channels_last

BatchNorm = Literal["running", "image"]

SAME = 1e-3  # largest difference to the plain network, as a share of the largest output, of a rewritten one
NEAREST_NAMES = 5


class Layer(nn.Module):
    """A network up to one of its layers: images (n, channels, height, width) to outputs (n, ...).

    `name` is the layer's, `shape` that of its output for one image, `elements` how many numbers that are, and
    `inputs` how many an image has.
    """

    def __init__(self, network: nn.Module, name: str, example: torch.Tensor, output: torch.Tensor) -> None:
        super().__init__()
        self.network = network
        self.name = name
        self.shape = tuple(output.shape[1:])
        self.elements = output[0].numel()
        self.inputs = example[0].numel()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images.clone())  # a network may work in place on its input


def up_to(
    network: nn.Module, name: str, example: torch.Tensor, batch_norm: BatchNorm = "running", bfloat16: bool = False
) -> Layer:
    """`network` up to the layer `name`, frozen, for images like `example` (n, channels, height, width).

    Where the network can be traced, what the layer does not need is cut away and batch normalisation in evaluation
    mode becomes part of the convolution before it; elsewhere the pass stops when the layer has been reached. Of a
    layer that is called several times, the first call counts.

    `batch_norm` says by what batch normalisation normalises: `running`, by the running statistics, as in evaluation
    mode; `image`, by those of each image, as in training mode with a batch of one. With `bfloat16` the network
    computes in that precision, and takes and gives single precision.

    The network is frozen in place and left in evaluation mode. An exported program (`torch.export`) has no layers but
    the operations of its graph, whose names count instead, and stays in the mode in which it was exported.

    Raises:
        SoapbubbleError: there is no such layer, the network does not take such images, or the output is no tensor
            with a row for each image, or not finite.
    """
    network.requires_grad_(False)
    _check_name(network, name)
    if isinstance(network, fx.GraphModule):
        graph = _cut_graph(network, name)
        expected = _output(graph, name, example)
        _check_rows(graph, name, example, expected)
        return _layer(graph, name, example, expected, bfloat16)
    network.eval()
    if batch_norm == "image":
        network = _normalised_by_image(network)
    stopped = _Stopped(network, name)
    expected = _output(stopped, name, example)
    cut = _cut(network, name)
    if cut is None or not _same(cut, example, expected):
        cut = stopped
    return _layer(cut, name, example, expected, bfloat16)


def _layer(cut: nn.Module, name: str, example: torch.Tensor, expected: torch.Tensor, bfloat16: bool) -> Layer:
    if bfloat16:
        cut = _Half(copy.deepcopy(cut).to(torch.bfloat16))
    return Layer(cut, name, example, expected)


def layer_names(network: nn.Module) -> list[str]:
    """The names of all layers of a network, in the order in which it defines them; of a graph, its operations'."""
    if isinstance(network, fx.GraphModule):
        return [node.name for node in network.graph.nodes if node.op.startswith("call")]
    return [name for name, _ in network.named_modules() if name]


def _check_name(network: nn.Module, name: str) -> None:
    names = layer_names(network)
    if name not in names:
        near = get_close_matches(name, names, NEAREST_NAMES, cutoff=0.0)
        raise SoapbubbleError(f"the network has no layer {name!r}; the nearest names are {', '.join(near)}.")


def _output(network: nn.Module, name: str, example: torch.Tensor) -> torch.Tensor:
    """The layer's output for `example`, if it is one that can be inverted."""
    try:
        with torch.no_grad():
            output = network(example.clone())
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SoapbubbleError(
            f"the network cannot take images of the shape {tuple(example.shape)} up to {name!r} ({reason})."
        ) from error
    if not isinstance(output, torch.Tensor) or output.ndim == 0 or len(output) != len(example):
        raise SoapbubbleError(f"the output of layer {name!r} is no tensor with a row for each image; choose another.")
    if not output.is_floating_point():
        raise SoapbubbleError(f"the output of layer {name!r} holds {output.dtype}, no floats; choose another.")
    if not output.isfinite().all():
        raise SoapbubbleError(f"the output of layer {name!r} is not finite; the network's weights may be damaged.")
    return output


def _check_rows(network: nn.Module, name: str, example: torch.Tensor, output: torch.Tensor) -> None:
    """Complain of an output whose first row is another one when the other images are: each image counts by itself."""
    others = example.clone()
    others[1:] = 1 - others[1:]
    first = _output(network, name, others)[0]
    if (first - output[0]).abs().max() > SAME * output[0].abs().max():
        raise SoapbubbleError(
            f"the output of layer {name!r} for an image depends on chance or on the other images, as of dropout or "
            "batch normalisation in training mode; export the network in evaluation mode."
        )


class _Reached(Exception):
    """The layer has been run; what it returned is with the one who waits for it."""


class _Stopped(nn.Module):
    """Any network, run until a layer has returned."""

    def __init__(self, network: nn.Module, name: str) -> None:
        super().__init__()
        self.network = network
        self.layer = name

    def forward(self, images: torch.Tensor) -> Any:
        returned: list[Any] = []

        def stop(module: nn.Module, inputs: Any, output: Any) -> None:
            returned.append(output)
            raise _Reached

        handle = self.network.get_submodule(self.layer).register_forward_hook(stop)
        try:
            self.network(images)
        except _Reached:
            return returned[0]
        finally:
            handle.remove()
        raise SoapbubbleError(f"the network never runs its layer {self.layer!r}; choose another.")


class _Half(nn.Module):
    """A network in half precision between tensors in single precision."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.network(images.to(torch.bfloat16))
        return output.float()


class _Tracer(fx.Tracer):
    """Traces a network and remembers what each of its modules returned the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.returned: dict[nn.Module, Any] = {}

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        output = super().call_module(m, forward, args, kwargs)
        self.returned.setdefault(m, output)
        return output


def _cut(network: nn.Module, name: str) -> nn.Module | None:
    """The network without what the layer does not need, or None where it cannot be traced."""
    tracer = _Tracer()
    try:
        graph = tracer.trace(network)
    except Exception:  # tracing runs the network's own code, which may fail in any way
        return None
    output = tracer.returned.get(network.get_submodule(name))
    if not isinstance(output, fx.Proxy):
        return None
    for node in reversed(graph.nodes):
        if node.op == "output":
            graph.erase_node(node)
            break
    with graph.inserting_after(output.node):
        graph.output(output.node)
    cut = fx.GraphModule(network, graph)
    cut.graph.eliminate_dead_code()
    cut.delete_all_unused_submodules()
    cut.recompile()
    return channels_last(fuse(cut, no_trace=True).eval().requires_grad_(False))


def _cut_graph(network: fx.GraphModule, name: str) -> nn.Module:
    """The graph up to one of its operations."""
    graph = copy.deepcopy(network.graph)
    graph.set_codegen(fx.graph.CodeGen())  # an exported program packs its outputs in its own way
    for node in reversed(graph.nodes):
        if node.op == "output":
            graph.erase_node(node)
            break
    end = next(node for node in graph.nodes if node.name == name)
    with graph.inserting_after(end):
        graph.output(end)
    cut = fx.GraphModule(network, graph)
    cut.graph.eliminate_dead_code()
    cut.recompile()
    return cut


def _same(cut: nn.Module, example: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether the rewritten network says what the plain one says."""
    try:
        with torch.no_grad():
            output = cut(example.clone())
    except Exception:  # code that a trace has frozen for other shapes may fail in any way
        return False
    if not isinstance(output, torch.Tensor) or output.shape != expected.shape:
        return False
    return bool((output - expected).abs().max() <= SAME * expected.abs().max())


def _normalised_by_image(network: nn.Module) -> nn.Module:
    """A copy of the network whose batch normalisations use the statistics of each image."""
    network = copy.deepcopy(network)
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.BatchNorm2d):
            instead = nn.InstanceNorm2d(module.num_features, eps=module.eps, affine=module.affine)
            if module.affine:
                instead.load_state_dict({"weight": module.weight, "bias": module.bias})
                instead.to(module.weight.dtype)
            parent, _, child = name.rpartition(".")
            setattr(network.get_submodule(parent), child, instead)
    return network.eval().requires_grad_(False)
