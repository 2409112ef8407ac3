"""Get or make a dataset."""

from __future__ import annotations

from soapbubble.commands.job import Job, Parts
from soapbubble.parts.loading import parse_blocks


def fetch(job: Job) -> None:
    """The images and the card of the dataset `job.subject`."""
    (block,) = parse_blocks(job.cfg).values()

    def make(parts: Parts) -> None:
        from soapbubble.data.fetch import fetch as fetch_dataset

        npy = next(final for final in parts if final.name == f"{job.subject}.npy")
        fetch_dataset(job.subject, block, parts[npy])

    job.run(f"data/{job.subject}", make, ["data.fetch", f"data.{block.builder(job.subject)}"])
