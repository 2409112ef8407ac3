"""What a run is made of: its studies, datasets, models and jobs, and where each result lies."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from soapbubble.claims.thresholds import quick_thresholds, shown_in
from soapbubble.config.networks import EFFICIENTNET
from soapbubble.errors import SoapbubbleError
from soapbubble.folders import refuse_braces
from soapbubble.parts.declaration import Reads
from soapbubble.parts.loading import Config, blocks_text
from soapbubble.parts.studies import PartPlace, StudyPlace, studies
from soapbubble.provenance.code import code_files
from soapbubble.provenance.durations import read_durations
from soapbubble.schedule import remaining

CLASSIFIER, REPORT = "classifier", "report"
DOCUMENTS = ("report.html", "report.pdf", "supplement.html", "supplement.pdf")
AUTOENCODERS = ("autoencoders.pictures", "autoencoders.training")
PUBLISHED_DURATIONS = Path("results/reference/builtin/durations.csv")
SHORT = 60.0  # seconds: a part that takes less is not worth a job of its own on a cluster


@dataclass(frozen=True)
class Training:
    """One training job: the family, its dataset and models, the code that it runs and the blocks that it is told."""

    family: str
    data: str | None
    models: Sequence[str]
    entries: Sequence[str]
    blocks: Sequence[str]
    on_gpu: bool = False


class Plan:
    """The run that a configuration describes, for the rules: every path is a string below the working folder.

    Raises:
        SoapbubbleError: something that it names does not exist; one sentence says where.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.studies: list[StudyPlace] = studies(self.config.studies)
        self.parts: list[PartPlace] = [part for study in self.studies for part in study.parts]
        self.files = {name: source.local_files() for name, source in self.config.data}
        self._check_names()
        for part in self.parts:
            self._check_models(part)
            self._check_files(part)

    def path(self, name: str) -> str:
        """A path in the folder of this run."""
        return f"results/{self.config.run}/{name}"

    def told(self, *keys: str, **more: Any) -> str:
        """These blocks of the configuration as JSON text: a job runs again when its own blocks change."""
        return blocks_text(self.config, *keys, **more)

    def code(self, *entries: str | Path) -> list[str]:
        """The files that these modules use: a job runs again when one of them changes."""
        here = os.getcwd()
        return sorted({_relative(file, here) for entry in entries for file in code_files(entry)})

    def study(self, name: str) -> StudyPlace:
        """The study of that name."""
        return next(study for study in self.studies if study.name == name)

    def reads(self, part: PartPlace) -> Reads:
        """What a part reads under this configuration."""
        return getattr(getattr(self.config, part.study), part.name).reads()

    def beside(self, *datasets: str) -> list[str]:
        """The files that belong to datasets beside their images."""
        return [
            self.path(f"data/{file}")
            for name in datasets
            for file in (f"{name}.json", *(f"{name}-{extra}.npy" for extra in getattr(self.config.data, name).extras()))
        ]

    def datasets(self, *chosen: StudyPlace) -> list[str]:
        """The datasets that these studies read, or all studies of the run."""
        return sorted(
            {name for study in chosen or self.studies for part in study.parts for name in self.reads(part).data}
        )

    @cached_property
    def models(self) -> list[str]:
        """The trained models that are measured."""
        return sorted({name for part in self.parts for name in self.reads(part).models})

    @cached_property
    def trainings(self) -> list[Training]:
        """The jobs that train models, the digit classifier among them."""
        entries = ("autoencoders.train", "autoencoders.store")
        found = [
            Training(
                family=name,
                data=next(iter(models.values())).data,
                models=list(models),
                entries=entries,
                blocks=(*AUTOENCODERS, f"autoencoders.families.{name}"),
                on_gpu=self.config.autoencoders.training.device == "cuda",
            )
            for name, models in self.config.autoencoders.families.items()
        ]
        classifier = Training(
            CLASSIFIER,
            "digits",
            [CLASSIFIER],
            ["autoencoders.classifier"],
            [AUTOENCODERS[0], "autoencoders.classifier"],
        )
        return [*found, classifier, *self._faces, *self._networks]

    @property
    def _faces(self) -> list[Training]:
        """The jobs that train autoencoders of faces."""
        entries, shared = ("autoencoders.face_train", "autoencoders.face_store"), "face_autoencoders.training"
        on_gpu = self.config.face_autoencoders.training.device == "cuda"
        return [
            Training(name, "faces", list(models), entries, (shared, f"face_autoencoders.families.{name}"), on_gpu)
            for name, models in self.config.face_autoencoders.families.items()
        ]

    @property
    def _networks(self) -> list[Training]:
        """The jobs that train image networks, and the one that takes over a trained one."""
        entries = ("networks.train", "networks.store")
        found = [
            Training(name, "photos", list(models), entries, ("networks.training", f"networks.families.{name}"))
            for name, models in self.config.networks.families.items()
        ]
        given = Training(EFFICIENTNET, None, [EFFICIENTNET], ("networks.convert", "networks.store"), ())
        return [*found, given]

    def drawing(self, part: PartPlace) -> str:
        """What a drawing job is told: the style, and the thresholds of the claims that its figures show."""
        shown = shown_in(part.figures, self.study(part.study).claims)
        return self.told("plot", **{f"thresholds.{claim}": lines for claim, lines in shown.items()})

    @cached_property
    def settings(self) -> dict[str, Any]:
        """All that jobs are told: the configuration, and the thresholds of all claims."""
        found = (item for study in self.studies for item in quick_thresholds(study.claims).items())
        thresholds = {claim: lines for claim, (_, lines) in found}
        return {**self.config.model_dump(mode="json"), "thresholds": thresholds}

    def subject(self, part: PartPlace) -> str:
        """How a command names a part, wherever its study lies."""
        return part.label + (f" --folder {shlex.quote(f'./{part.folder}')}" if part.is_elsewhere else "")

    @cached_property
    def needs(self) -> dict[str, list[str]]:
        """The jobs of the run, as their manifests are named, each with the jobs whose results it reads."""
        families = {model: training for training in self.trainings for model in training.models}
        trained = {families[model].family: families[model].data for model in self.models}
        found = {
            **{f"models/{family}": [f"data/{data}"] if data else [] for family, data in sorted(trained.items())},
            **{part.place: self._made_from(part, families) for part in self.parts},
            **{f"figures/{part.study}-{part.name}": [part.place] for part in self.parts if part.figures},
            **{
                f"{study.name}/verdicts": [
                    *(part.place for part in study.parts),
                    *(f"data/{dataset}" for dataset in self.datasets(study)),
                ]
                for study in self.studies
            },
            **{f"data/{dataset}": [] for dataset in self.datasets()},
            "claims": [f"{study.name}/verdicts" for study in self.studies],
        }
        rendered = {name.replace(".", "-"): [REPORT] for name in DOCUMENTS}
        return {**found, REPORT: list(found), **rendered, "crate": [*found, REPORT, *rendered]}

    def _made_from(self, part: PartPlace, families: Mapping[str, Training]) -> list[str]:
        reads = self.reads(part)
        return [
            *(f"data/{name}" for name in reads.data),
            *(f"models/{family}" for family in sorted({families[model].family for model in reads.models})),
        ]

    @cached_property
    def manifests(self) -> list[str]:
        """The manifests of all jobs before the report."""
        return [str(self.manifest(job)) for job in self.needs[REPORT]]

    def manifest(self, job: str) -> Path:
        """The manifest of a job."""
        return Path(self.path(f"manifests/{job}.json"))

    @cached_property
    def published_seconds(self) -> dict[str, float]:
        """How long the jobs of the published run took, as their manifests are named."""
        return read_durations(PUBLISHED_DURATIONS) if PUBLISHED_DURATIONS.exists() else {}

    @cached_property
    def priorities(self) -> dict[str, int]:
        """How urgent each job is: the seconds from its start to the end of the run, had every job a core of its own."""
        seconds = {job: self.published_seconds.get(job, 1.0) for job in self.needs}
        return {job: round(left) for job, left in remaining(seconds, self.needs).items()}

    def group(self, part: PartPlace) -> str | None:
        """The jobs that a cluster runs as one: those of a study that are short; a longer one stands alone."""
        is_short = self.config.size == "smoke" or self.published_seconds.get(part.place, 2 * SHORT) <= SHORT
        return part.study if is_short else None

    def _check_models(self, part: PartPlace) -> None:
        known = {model for training in self.trainings for model in training.models}
        for name in self.reads(part).models:
            if name not in known:
                raise SoapbubbleError(
                    f"Configuration key 'autoencoders.families': has no model '{name}', which {part.label} measures; "
                    "add it there, to 'face_autoencoders.families' or to 'networks.families'."
                )

    def _check_names(self) -> None:
        """Refuse two models, or two families, of one name: their files would be the same."""
        for names in (
            [model for training in self.trainings for model in training.models],
            [training.family for training in self.trainings],
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise SoapbubbleError(
                    f"Configuration: '{twice}' is the name of two models or families that are trained; rename one."
                )

    def _check_files(self, part: PartPlace) -> None:
        files = self.reads(part).files
        for name in files:
            if not os.path.isfile(name):  # pathlib fails at long names
                raise SoapbubbleError(f"Configuration key '{part.label}': {name} is no file; correct the path.")
        refuse_braces(files)


@cache
def _relative(file: Path, folder: str) -> str:
    return os.path.relpath(file, folder)
