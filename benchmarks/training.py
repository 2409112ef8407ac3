"""How fast autoencoders train: images a second of our training, of a bare loop, and of pythae's trainer.

    python benchmarks/training.py

All three train one architecture (a grid of 7 x 7 x 4 latents on 28 x 28 pixels, and its dense counterpart) on the same
pictures, with Adam on the ELBO, in batches of one size, one process and one thread, in turns. The bare loop is the
shortest that does the same on tensors in memory. pythae (Chadebec et al. 2022) is compared if it can be imported; it is
no dependency of this project. Its trainer gets the same network in both memory layouts, and the faster one counts.
Speeds and ratios are medians over the rounds; `over bare` is what an image costs beyond the bare loop, in microseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import tempfile
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import torch
from torch.nn import functional

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.autoencoders.train import train
from soapbubble.config.autoencoders import Autoencoder, Training
from soapbubble.models.autoencoder import AutoencoderNet, build

try:
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    PYTHAE = None
except ImportError as reason:
    PYTHAE = f"pythae cannot be imported ({reason}), so our training is not compared with its trainer."

MODELS = {
    "grid-7x7x4": Autoencoder(side=28, bottleneck="grid", grid=7, channels=4, early_stop=False),
    "dense-196": Autoencoder(side=28, bottleneck="dense", grid=1, channels=196, early_stop=False),
}
LAYOUTS = {"channels last": torch.channels_last, "channels first": torch.contiguous_format}
BATCH = 32
RATE = 1e-3
DIGITS = (0, 0, 2, 1, 0, 2, 1)  # of the columns


def random_pictures(count: int) -> torch.Tensor:
    """Pictures (count, 1, 28, 28) in [0, 1]: what they show does not change the speed."""
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def ours(spec: Autoencoder, images: torch.Tensor) -> None:
    """One pass by this project's training; one look at a few held-out pictures at its end."""
    settings = Training(
        device="cpu",
        seeds=1,
        seed=0,
        steps=len(images) // BATCH,
        batch_size=BATCH,
        lr=RATE,
        warm_up=0,
        decay=1.0,
        validate_every=len(images),
        patience=1,
        checkpoint_seconds=1e9,
    )
    none = np.zeros(0, dtype=np.int64)
    with contextlib.redirect_stderr(io.StringIO()):
        train("benchmark", spec, settings, Pictures(images, none, none, images[:BATCH], images[:1], none, none), seed=0)


def bare(spec: Autoencoder, images: torch.Tensor) -> None:
    """One pass by a loop with nothing around it."""
    network = build(spec, seed=0)
    images = images.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
    for _ in range(len(images) // BATCH):
        pictures = images[torch.randint(len(images), (BATCH,))]
        mean, log_variance = network.encode(pictures)
        shown = network.decode(mean + torch.exp(log_variance / 2) * torch.randn_like(mean))
        lost = functional.binary_cross_entropy_with_logits(shown, pictures, reduction="sum")
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        optimiser.zero_grad()
        ((lost + divergence) / BATCH).backward()
        optimiser.step()


def by_pythae(spec: Autoencoder, images: torch.Tensor, layout: torch.memory_format) -> None:
    """One pass by pythae's trainer, of the same network in the given memory layout."""
    network = build(spec, seed=0).to(memory_format=layout)
    model = VAE(
        VAEConfig(input_dim=(1, spec.side, spec.side), latent_dim=spec.latents, reconstruction_loss="bce"),
        encoder=_encoder(network),
        decoder=_decoder(network),
    )
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        settings = BaseTrainerConfig(
            output_dir=folder, num_epochs=1, per_device_train_batch_size=BATCH, learning_rate=RATE, no_cuda=True
        )
        trainer = BaseTrainer(model, BaseDataset(images, torch.zeros(len(images))), training_config=settings)
        trainer.prepare_training()
        trainer.callback_handler.on_epoch_begin(settings, epoch=1, train_loader=trainer.train_loader)
        trainer.train_step(1)


def _encoder(network: AutoencoderNet) -> BaseEncoder:
    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList([network.encoder, network.mean, network.log_variance])

        def forward(self, pictures: torch.Tensor) -> ModelOutput:
            mean, log_variance = network.encode(pictures)
            return ModelOutput(embedding=mean.flatten(1), log_covariance=log_variance.flatten(1))

    return Encoder()


def _decoder(network: AutoencoderNet) -> BaseDecoder:
    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network.decoder

        def forward(self, latents: torch.Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=network.ink(latents.unflatten(1, network.latent_shape)))

    return Decoder()


def seconds(work: Callable[[], None]) -> float:
    """Processor time of one call: with one thread that of the clock, but for what else the machine is doing."""
    start = time.process_time()
    work()
    return time.process_time() - start


def cost(times: np.ndarray, loop: np.ndarray, count: int) -> float:
    """Microseconds an image beyond the bare loop, median over the rounds."""
    return float(np.median(times - loop)) / count * 1e6


def main() -> None:
    """Print one line a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="paired runs (default 7)")
    parser.add_argument("--pictures", type=int, default=2048, help="pictures in a run (default 2048)")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    images = random_pictures(wanted.pictures // BATCH * BATCH)
    heads = ["ours img/s", "bare img/s", "ours/bare", "over bare"]
    if PYTHAE is None:
        heads += ["pythae img/s", "ours/pythae", "over bare"]
    print(f"{'model':<12}" + "".join(f"{head:>13}" for head in heads))
    for name, spec in MODELS.items():
        works = [lambda spec=spec: ours(spec, images), lambda spec=spec: bare(spec, images)]
        if PYTHAE is None:
            works += [lambda spec=spec, layout=layout: by_pythae(spec, images, layout) for layout in LAYOUTS.values()]
        for work in works:
            work()
        runs = np.array([[seconds(work) for work in works] for _ in range(wanted.rounds)])
        own, loop = runs[:, 0], runs[:, 1]
        count = len(images)
        cells = [count / np.median(own), count / np.median(loop), np.median(loop / own), cost(own, loop, count)]
        if PYTHAE is None:
            theirs = runs[:, 2:].min(axis=1)
            cells += [count / np.median(theirs), np.median(theirs / own), cost(theirs, loop, count)]
        print(f"{name:<12}" + "".join(f"{cell:13.{digits}f}" for cell, digits in zip(cells, DIGITS, strict=False)))
    if PYTHAE is not None:
        print(PYTHAE)


if __name__ == "__main__":
    main()
