"""Train the models of a family, of digits, faces or image networks, or the classifiers of digits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soapbubble.commands.job import Job, Parts
from soapbubble.commands.networks import convert, train_networks
from soapbubble.commands.written import weights_written
from soapbubble.config.networks import EFFICIENTNET
from soapbubble.parts.loading import parse_blocks

if TYPE_CHECKING:
    from soapbubble.data.dataset import Dataset
    from soapbubble.measuring.training import Checkpoint

    TrainAndSave = tuple[Callable[[int, int, Checkpoint], Any], Callable[[list[Any], Path, Path], None]]
    """the network of a replicate and seed, trained; and all networks of a model, with its card, written"""
    Trainer = Callable[[str, Any, Mapping[str, Any], Dataset], TrainAndSave]

TRAINING = ["autoencoders.train", "autoencoders.store"]
FACE_TRAINING = ["autoencoders.face_train", "autoencoders.face_store"]


def train(job: Job) -> None:
    """The models of the family `job.subject`, the image network that comes trained, or the digit classifiers."""
    blocks = json.loads(job.cfg)
    if job.subject == "classifier":
        train_classifiers(job)
    elif job.subject == EFFICIENTNET:
        convert(job)
    elif f"networks.families.{job.subject}" in blocks:
        train_networks(job)
    elif f"face_autoencoders.families.{job.subject}" in blocks:
        train_family(job, "face_autoencoders", FACE_TRAINING, _face_autoencoders)
    else:
        train_family(job, "autoencoders", TRAINING, _autoencoders)


def train_family(job: Job, block: str, modules: Sequence[str], trainer: Trainer) -> None:
    """All networks of all models of a family under `block`; checkpoints are kept until they are done."""
    kept = job.output[0].parent.parent / "checkpoints" / job.subject

    def make(parts: Parts) -> None:
        from soapbubble.data.dataset import load
        from soapbubble.measuring.training import Checkpoint
        from soapbubble.provenance.code import code_files
        from soapbubble.provenance.files import digest

        blocks = parse_blocks(job.cfg)
        settings, dataset = blocks[f"{block}.training"], load(job.data[0])
        # What a checkpoint must agree with to be taken up.
        purpose = " ".join([job.cfg, dataset.card.sha256, *map(digest, code_files(modules[0]))])
        for final in (path for path in parts if path.suffix == ".safetensors"):
            spec = blocks[f"{block}.families.{job.subject}"][final.stem]
            train_one, save = trainer(final.stem, spec, blocks, dataset)
            trained = []
            for replicate in range(settings.seeds if spec.seeds is None else spec.seeds):
                checkpoint = Checkpoint(kept / f"{final.stem}-{replicate}.safetensors", purpose)
                with weights_written(kept):
                    trained.append(train_one(replicate, settings.seed + replicate, checkpoint))
            with weights_written(final.parent):
                save(trained, parts[final], parts[final.with_suffix(".json")])

    job.run(f"models/{job.subject}", make, modules)
    shutil.rmtree(kept, ignore_errors=True)


def _autoencoders(name: str, spec: Any, blocks: Mapping[str, Any], dataset: Dataset) -> TrainAndSave:
    from soapbubble.autoencoders.pictures import pictures
    from soapbubble.autoencoders.store import save_model
    from soapbubble.autoencoders.train import train

    shared = blocks["autoencoders.pictures"]

    def train_one(replicate: int, seed: int, checkpoint: Checkpoint) -> tuple[Any, ...]:
        shown = pictures(dataset, spec.side, shared, spec.train_images, replicate)
        return seed, *train(name, spec, blocks["autoencoders.training"], shown, seed, checkpoint)

    return train_one, partial(save_model, name, spec, shared)


def _face_autoencoders(name: str, spec: Any, blocks: Mapping[str, Any], dataset: Dataset) -> TrainAndSave:
    from soapbubble.autoencoders.face_store import save_face_model
    from soapbubble.autoencoders.face_train import train_faces

    def train_one(replicate: int, seed: int, checkpoint: Checkpoint) -> Any:
        faces = dataset.of_replicate(replicate)
        return train_faces(name, spec, blocks["face_autoencoders.training"], faces, seed, checkpoint)

    return train_one, partial(save_face_model, name, spec, len(dataset.train))


def train_classifiers(job: Job) -> None:
    """The classifiers of digits that evaluate samples."""

    def make(parts: Parts) -> None:
        from soapbubble.autoencoders.classifier import save_classifiers
        from soapbubble.autoencoders.classifier import train_classifiers as trained
        from soapbubble.autoencoders.pictures import DIGIT_SIDE, pictures
        from soapbubble.data.dataset import load

        blocks = parse_blocks(job.cfg)
        settings = blocks["autoencoders.classifier"]
        dataset, shared = load(job.data[0]), blocks["autoencoders.pictures"]
        classifiers = trained(settings, lambda number: pictures(dataset, DIGIT_SIDE, shared, replicate=number))
        weights = next(final for final in parts if final.suffix == ".safetensors")
        with weights_written(weights.parent):
            save_classifiers(classifiers, settings, parts[weights], parts[weights.with_suffix(".json")])

    job.run("models/classifier", make, ["autoencoders.classifier"])
