"""Train the models of a family, of digits, faces or image networks, or the classifier of digits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from soapbubble.commands.job import Job, Parts
from soapbubble.commands.networks import convert, train_networks
from soapbubble.commands.written import weights_written
from soapbubble.config.networks import EFFICIENTNET
from soapbubble.parts.loading import parse_blocks

TRAINING = ["autoencoders.train", "autoencoders.store"]
FACE_TRAINING = ["autoencoders.face_train", "autoencoders.face_store"]


def train(job: Job) -> None:
    """The models of the family `job.subject`, the image network that comes trained, or the digit classifier."""
    blocks = json.loads(job.cfg)
    if job.subject == "classifier":
        train_classifier(job)
    elif job.subject == EFFICIENTNET:
        convert(job)
    elif f"networks.families.{job.subject}" in blocks:
        train_networks(job)
    elif f"face_autoencoders.families.{job.subject}" in blocks:
        train_face_family(job)
    else:
        train_family(job)


def train_family(job: Job) -> None:
    """All networks of all models of a family; checkpoints are kept until they are done."""
    kept = _checkpoints(job)

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


def train_face_family(job: Job) -> None:
    """All networks of all models of a family of faces; checkpoints are kept until they are done."""
    kept = _checkpoints(job)

    def make(parts: Parts) -> None:
        from soapbubble.autoencoders.face_store import save_face_model
        from soapbubble.autoencoders.face_train import train_faces
        from soapbubble.data.dataset import load
        from soapbubble.measuring.training import Checkpoint
        from soapbubble.provenance.code import code_files
        from soapbubble.provenance.files import digest

        blocks = parse_blocks(job.cfg)
        settings = blocks["face_autoencoders.training"]
        dataset = load(job.data[0])
        purpose = " ".join([job.cfg, dataset.card.sha256, *map(digest, code_files(FACE_TRAINING[0]))])
        for final in (path for path in parts if path.suffix == ".safetensors"):
            spec = blocks[f"face_autoencoders.families.{job.subject}"][final.stem]
            trained = []
            for replicate in range(settings.seeds if spec.seeds is None else spec.seeds):
                checkpoint = Checkpoint(kept / f"{final.stem}-{replicate}.safetensors", purpose)
                with weights_written(kept):
                    trained.append(
                        train_faces(final.stem, spec, settings, dataset, settings.seed + replicate, checkpoint)
                    )
            with weights_written(final.parent):
                card = parts[final.with_suffix(".json")]
                save_face_model(final.stem, spec, len(dataset.train), trained, parts[final], card)

    job.run(f"models/{job.subject}", make, FACE_TRAINING)
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


def _checkpoints(job: Job) -> Path:
    """Where the checkpoints of a family lie."""
    return job.output[0].parent.parent / "checkpoints" / job.subject
