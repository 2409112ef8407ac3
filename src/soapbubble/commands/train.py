"""Train the models of a family, image networks, or the classifier of digits."""

from __future__ import annotations

import json
import shutil

from soapbubble.commands.job import Job, Parts
from soapbubble.commands.networks import convert, train_networks
from soapbubble.commands.written import weights_written
from soapbubble.config.networks import EFFICIENTNET
from soapbubble.parts.loading import parse_blocks

TRAINING = ["autoencoders.train", "autoencoders.store"]


def train(job: Job) -> None:
    """The models of the family `job.subject`, the image network that comes trained, or the digit classifier."""
    if job.subject == "classifier":
        train_classifier(job)
    elif job.subject == EFFICIENTNET:
        convert(job)
    elif any(key.startswith("networks.") for key in json.loads(job.cfg)):
        train_networks(job)
    else:
        train_family(job)


def train_family(job: Job) -> None:
    """All networks of all models of a family; checkpoints are kept until they are done."""
    kept = job.output[0].parent.parent / "checkpoints" / job.subject

    def make(parts: Parts) -> None:
        from soapbubble.autoencoders.pictures import pictures
        from soapbubble.autoencoders.store import save_model
        from soapbubble.autoencoders.train import train as train_network
        from soapbubble.data.dataset import load
        from soapbubble.measuring.training import Checkpoint
        from soapbubble.provenance.code import code_files
        from soapbubble.provenance.files import digest

        blocks = parse_blocks(job.cfg)
        settings, shared = blocks["autoencoders.training"], blocks["autoencoders.pictures"]
        dataset = load(job.data[0])
        # What a checkpoint must agree with to be taken up.
        purpose = " ".join([job.cfg, dataset.card.sha256, *map(digest, code_files("autoencoders.train"))])
        for final in (path for path in parts if path.suffix == ".safetensors"):
            name = final.stem
            spec = blocks[f"autoencoders.families.{job.subject}"][name]
            shown = pictures(dataset, spec.side, shared, spec.train_images)
            trained = []
            for replicate in range(settings.seeds if spec.seeds is None else spec.seeds):
                seed = settings.seed + replicate
                checkpoint = Checkpoint(kept / f"{name}-{replicate}.safetensors", purpose)
                with weights_written(kept):
                    trained.append((seed, *train_network(name, spec, settings, shown, seed, checkpoint)))
            with weights_written(final.parent):
                save_model(name, spec, shared, trained, parts[final], parts[final.with_suffix(".json")])

    job.run(f"models/{job.subject}", make, TRAINING)
    shutil.rmtree(kept, ignore_errors=True)


def train_classifier(job: Job) -> None:
    """The classifier of digits that evaluates samples."""

    def make(parts: Parts) -> None:
        from soapbubble.autoencoders.classifier import save_classifier
        from soapbubble.autoencoders.classifier import train_classifier as trained
        from soapbubble.autoencoders.pictures import DIGIT_SIDE, pictures
        from soapbubble.data.dataset import load

        blocks = parse_blocks(job.cfg)
        settings = blocks["autoencoders.classifier"]
        shown = pictures(load(job.data[0]), DIGIT_SIDE, blocks["autoencoders.pictures"])
        classifier = trained(settings, shown)
        weights = next(final for final in parts if final.suffix == ".safetensors")
        with weights_written(weights.parent):
            save_classifier(classifier, settings, parts[weights], parts[weights.with_suffix(".json")])

    job.run("models/classifier", make, ["autoencoders.classifier"])
