"""Networks with the weights that ImageNet taught them, downloaded once."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from soapbubble.config.networks import ResNetName
from soapbubble.data.download import Remote, download
from soapbubble.errors import SoapbubbleError
from soapbubble.models.vision import imagenet_weights, untrained_resnet


def resnet(name: ResNetName) -> nn.Module:
    """A ResNet as ImageNet left it: for images (n, 3, 224, 224), in evaluation mode, its weights not to be trained.

    Nothing random is drawn, and nothing in the file is executed.

    Raises:
        SoapbubbleError: the weights cannot be downloaded, or are not those of this network.
    """
    file, addresses, digest = imagenet_weights(name)
    path = download(Remote(f"weights/{file}", addresses, digest))
    with torch.device("meta"):  # shapes alone, to be filled
        network = untrained_resnet(name)
    fill(network, path)
    return network.eval().requires_grad_(False)


def fill(network: nn.Module, path: Path, remedy: str = "remove the file and run again") -> None:
    """Give the network the weights in the file, if they are finite numbers in exactly the network's shapes.

    Raises:
        SoapbubbleError: they are not; the sentence ends in the `remedy`.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's readers fail in many ways on damaged files; each means the same here
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SoapbubbleError(f"{path}: is no file of weights alone ({reason}); {remedy}.") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise SoapbubbleError(f"{path}: holds something else than named weights; {remedy}.")
    spoilt = [key for key, value in state.items() if value.is_floating_point() and not value.isfinite().all()]
    if spoilt:
        raise SoapbubbleError(f"{path}: {spoilt[0]} is not finite; {remedy}.")
    wanted = network.state_dict()
    # The oldest files lack the counters of batches, which evaluation does not read.
    missing = [key for key in wanted if key not in state and not key.endswith("num_batches_tracked")]
    strange = [key for key in state if key not in wanted or state[key].shape != wanted[key].shape]
    if missing or strange:
        raise SoapbubbleError(f"{path}: {(missing + strange)[0]} is missing or does not fit this network; {remedy}.")
    network.load_state_dict({key: value.to(wanted[key].dtype) for key, value in state.items()}, assign=True)
