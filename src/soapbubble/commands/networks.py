"""Train image networks, or take over the one that comes trained."""

from __future__ import annotations

from soapbubble.commands.job import Job, Parts
from soapbubble.commands.written import weights_written
from soapbubble.config.networks import EFFICIENTNET
from soapbubble.parts.loading import parse_blocks

TRAINING = ["networks.train", "networks.store"]
CONVERTING = ["networks.convert", "networks.store"]


def train_networks(job: Job) -> None:
    """All networks of all models of the family `job.subject`."""

    def make(parts: Parts) -> None:
        from soapbubble.data.dataset import load
        from soapbubble.networks.images import training_images
        from soapbubble.networks.store import save_network
        from soapbubble.networks.train import train

        blocks = parse_blocks(job.cfg)
        settings, dataset = blocks["networks.training"], load(job.data[0])
        for final in (path for path in parts if path.suffix == ".safetensors"):
            spec = blocks[f"networks.families.{job.subject}"][final.stem]
            trained = []
            for seed in range(settings.seed, settings.seed + settings.seeds):
                shown = training_images(dataset, spec.task, settings, seed)
                trained.append((seed, *train(final.stem, spec, settings, shown, seed)))
            with weights_written(final.parent):
                save_network(final.stem, spec, settings, trained, parts[final], parts[final.with_suffix(".json")])

    job.run(f"models/{job.subject}", make, TRAINING)


def convert(job: Job) -> None:
    """EfficientNet-Lite0 with the weights that its package brings."""

    def make(parts: Parts) -> None:
        from soapbubble.measuring.training import Curve
        from soapbubble.networks.convert import imagenet_efficientnet
        from soapbubble.networks.store import save_network

        final = next(path for path in parts if path.suffix == ".safetensors")
        trained = [(0, imagenet_efficientnet(), Curve())]
        with weights_written(final.parent):
            save_network(EFFICIENTNET, None, None, trained, parts[final], parts[final.with_suffix(".json")])

    job.run(f"models/{EFFICIENTNET}", make, CONVERTING)
