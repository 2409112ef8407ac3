"""Run one part of a study."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from soapbubble.commands.job import Job, Parts
from soapbubble.json_file import read_json
from soapbubble.parts.loading import parse_part
from soapbubble.parts.studies import study

# The kinds of models that a card names: the place in a `Lab`, and what reads them. A card without a kind is that of an
# autoencoder of digits or of the digit classifier.
KINDS = {
    "face autoencoder": ("faces", "autoencoders.face_store", "TrainedFaces"),
    "image network": ("networks", "networks.store", "TrainedNetwork"),
}


def measure(job: Job) -> None:
    """The table of the part `job.subject` (study.part), and its pictures."""
    name, _, part_name = job.subject.partition(".")
    part = study(str(job.folder or name)).part(part_name)

    def make(parts: Parts) -> None:
        import numpy as np

        from soapbubble.data.dataset import load
        from soapbubble.lab import Lab
        from soapbubble.measurements import to_csv

        module = part.load()
        cfg = parse_part(getattr(module, part.kind.__name__), job.cfg)
        outcome = module.measure(cfg, Lab({path.stem: load(path) for path in job.data}, **models_given(job.models)))
        for final, temporary in parts.items():
            if final.suffix == ".csv":
                temporary.write_text(to_csv(outcome.rows), encoding="utf-8")
            else:
                with open(temporary, "wb") as file:
                    np.savez_compressed(file, **outcome.pictures)

    job.run(f"{name}/{part_name}", make, [part.file])


def models_given(files: Sequence[Path]) -> dict[str, Any]:
    """The models that the part reads, each kind at its place in a `Lab`; what reads another kind is not imported."""
    kinds: dict[str, list[Path]] = {}
    for file in files:
        kinds.setdefault(read_json(file.with_suffix(".json")).get("kind", ""), []).append(file)
    found: dict[str, Any] = {}
    for kind, of_kind in kinds.items():
        if kind in KINDS:
            place, module, name = KINDS[kind]
            reader = getattr(import_module(f"soapbubble.{module}"), name)
            found[place] = {file.stem: reader(file) for file in of_kind}
        else:
            from soapbubble.autoencoders.store import Models

            found["models"] = Models(of_kind)
    return found
