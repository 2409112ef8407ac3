"""Run one part of a study."""

from __future__ import annotations

from soapbubble.commands.job import Job, Parts
from soapbubble.parts.loading import parse_part
from soapbubble.parts.studies import study


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
        lab = Lab({path.stem: load(path) for path in job.data})
        if job.models:
            from soapbubble.autoencoders.store import Models
            from soapbubble.networks.store import Networks, is_image_network

            networks = [file for file in job.models if is_image_network(file)]
            lab = Lab(lab.data, Models([file for file in job.models if file not in networks]), Networks(networks))
        outcome = module.measure(cfg, lab)
        for final, temporary in parts.items():
            if final.suffix == ".csv":
                temporary.write_text(to_csv(outcome.rows), encoding="utf-8")
            else:
                with open(temporary, "wb") as file:
                    np.savez_compressed(file, **outcome.pictures)

    job.run(f"{name}/{part_name}", make, [part.file])
