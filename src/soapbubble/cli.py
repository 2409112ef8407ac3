"""The command line: `soapbubble check` for people, the other commands for the workflow's rules."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from soapbubble import __version__, jobs
from soapbubble.config.loading import load, parse_blocks
from soapbubble.errors import SoapbubbleError
from soapbubble.json_file import read_json

SHOWN_FINDINGS = 40
TRAINING = ["autoencoders.train", "autoencoders.store"]

# Set before NumPy or torch is imported: one thread a job (the parallelism comes from the workflow), so that the same
# sums are added in the same order however many cores there are.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 if all is well, 1 if not, 2 for a wrong command line."""
    os.environ.update(ONE_THREAD)
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except SoapbubbleError as error:
        print(f"soapbubble: {error}", file=sys.stderr)
    except MemoryError:
        print("soapbubble: out of memory; run with fewer cores or smaller sizes in config.yaml.", file=sys.stderr)
    except KeyboardInterrupt:
        print("soapbubble: interrupted", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soapbubble", description=__doc__)
    parser.add_argument("--version", action="version", version=f"soapbubble {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    for_people = [
        ("reference", _reference, "compare a run's verdicts with the published ones, or publish them"),
        ("check", _check, "say for each result of a run whether it is current, stale or altered"),
        ("summary", _summary, "say where the report of a run is and how many claims have which verdict"),
    ]
    for name, run, text in for_people:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        command.add_argument("--configfile", type=Path, nargs="*", default=[], help="overlays, as given to snakemake")
        if run is _reference:
            command.add_argument("--write", action="store_true", help="make this run the reference")

    command = commands.add_parser(
        "compare", help="say what differs between two runs, and why", description=_compare.__doc__
    )
    command.set_defaults(run=_compare)
    command.add_argument("first", type=Path, help="a run's folder, such as results/builtin")
    command.add_argument("second", type=Path, help="another run's folder")
    command.add_argument("--json", type=Path, help="write the differences to this file as JSON")
    command.add_argument("--html", type=Path, help="write the differences to this file as a page with the figures")

    for_rules: list[tuple[str, Callable[[argparse.Namespace], int], str, str | None]] = [
        ("fetch", _fetch, "get or make a dataset", "the dataset"),
        ("train", _train, "train the models of a family", "the family"),
        ("train-classifier", _train_classifier, "train the judge of digits", None),
        ("measure", _measure, "run one part of a study", "study.part"),
        ("collect", _collect, "put the measurements of a study's parts into one table", "the study"),
        ("draw", _draw, "draw the figures of a part from their data", "study.part"),
        ("judge", _judge, "judge the claims of a study", "the study"),
        ("claims", _claims, "put the verdicts of all studies into one table", None),
        ("report", _report, "gather everything that the report says", None),
        ("render", _render, "make the report's HTML or PDF", "html or pdf"),
    ]
    for name, run, text, subject in for_rules:
        command = commands.add_parser(name, help=f"(rule) {text}", description=text)
        command.set_defaults(run=run)
        if subject:
            command.add_argument("subject", help=subject)
        command.add_argument("--cfg", default="{}", help="the blocks of the configuration, as JSON")
        command.add_argument("--input", type=Path, nargs="*", default=[])
        command.add_argument("--data", type=Path, nargs="*", default=[])
        command.add_argument("--models", type=Path, nargs="*", default=[])
        command.add_argument("--output", type=Path, nargs="+", required=True)
        command.add_argument("--log", type=Path, required=True)
    return parser


def _job(options: argparse.Namespace, name: str, make: Callable[[jobs.Parts], None], entries: Sequence[str]) -> int:
    inputs = [*options.input]
    if options.data:
        from soapbubble.data.dataset import files_of

        inputs += [file for npy in options.data for file in files_of(npy)]
    inputs += [file for weights in options.models for file in (weights, weights.with_suffix(".json"))]
    jobs.run(
        name,
        make,
        entries=entries,
        outputs=options.output,
        log=options.log,
        blocks=json.loads(options.cfg),
        inputs=inputs,
    )
    return 0


def _fetch(options: argparse.Namespace) -> int:
    (block,) = parse_blocks(options.cfg).values()

    def make(parts: jobs.Parts) -> None:
        from soapbubble.data.fetch import fetch

        npy = next(final for final in parts if final.name == f"{options.subject}.npy")
        fetch(options.subject, block, parts[npy])

    return _job(options, f"data/{options.subject}", make, ["data.fetch", f"data.{block.builder(options.subject)}"])


@contextmanager
def _weights_written(folder: Path) -> Iterator[None]:
    """Name the folder in which no weights can be written: the library that writes them does not raise OSError."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise SoapbubbleError(f"{folder}: cannot be written ({error}); free or unlock that place.") from error


def _train(options: argparse.Namespace) -> int:
    family = options.subject
    kept = options.output[0].parent.parent / "checkpoints" / family

    def make(parts: jobs.Parts) -> None:
        from soapbubble.autoencoders.pictures import pictures
        from soapbubble.autoencoders.store import save_model
        from soapbubble.autoencoders.train import Checkpoint, train
        from soapbubble.data.dataset import load as load_dataset
        from soapbubble.provenance.code import code_files
        from soapbubble.provenance.files import digest

        blocks = parse_blocks(options.cfg)
        settings, shared = blocks["autoencoders.training"], blocks["autoencoders.pictures"]
        dataset = load_dataset(options.data[0])
        # What a checkpoint must agree with to be taken up.
        purpose = " ".join([options.cfg, dataset.card.sha256, *map(digest, code_files("autoencoders.train"))])
        for final in (path for path in parts if path.suffix == ".safetensors"):
            name = final.stem
            spec = blocks[f"autoencoders.families.{family}"][name]
            shown = pictures(dataset, spec.side, shared, spec.train_images)
            trained = []
            for replicate in range(settings.seeds if spec.seeds is None else spec.seeds):
                seed = settings.seed + replicate
                checkpoint = Checkpoint(kept / f"{name}-{replicate}.safetensors", purpose)
                with _weights_written(kept):
                    trained.append((seed, *train(name, spec, settings, shown, seed, checkpoint)))
            with _weights_written(final.parent):
                save_model(name, spec, shared, trained, parts[final], parts[final.with_suffix(".json")])

    status = _job(options, f"models/{family}", make, TRAINING)
    shutil.rmtree(kept, ignore_errors=True)
    return status


def _train_classifier(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        from soapbubble.autoencoders.classifier import judge_of, save_classifier, train_classifier
        from soapbubble.autoencoders.pictures import DIGIT_SIDE, pictures
        from soapbubble.data.dataset import load as load_dataset

        blocks = parse_blocks(options.cfg)
        settings = blocks["autoencoders.classifier"]
        shown = pictures(load_dataset(options.data[0]), DIGIT_SIDE, blocks["autoencoders.pictures"])
        judge = judge_of(train_classifier(settings, shown), shown)
        weights = next(final for final in parts if final.suffix == ".safetensors")
        with _weights_written(weights.parent):
            save_classifier(judge, settings, parts[weights], parts[weights.with_suffix(".json")])

    return _job(options, "models/classifier", make, ["autoencoders.classifier"])


def _measure(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        from importlib import import_module

        import numpy as np

        from soapbubble.data.dataset import load as load_dataset
        from soapbubble.measurements import to_csv

        (block,) = parse_blocks(options.cfg).values()
        data = {path.stem: load_dataset(path) for path in options.data}
        given = [block, data]
        if options.models:
            from soapbubble.autoencoders.store import Models

            given.append(Models(options.models))
        outcome = import_module(f"soapbubble.studies.{options.subject}").measure(*given)
        for final, part in parts.items():
            if final.suffix == ".csv":
                part.write_text(to_csv(outcome.rows), encoding="utf-8")
            else:
                with open(part, "wb") as file:
                    np.savez_compressed(file, **outcome.figures.pop(final.stem))
        if outcome.figures:
            raise ValueError(f"{options.subject} made figure data that its rule does not name: {list(outcome.figures)}")

    study, part = options.subject.split(".")
    return _job(options, f"{study}/{part}", make, [f"studies.{options.subject}"])


def _collect(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        from soapbubble.measurements import read_csv, to_csv

        rows = [row for path in options.input for row in read_csv(path)]
        for part in parts.values():
            part.write_text(to_csv(rows), encoding="utf-8")

    return _job(options, f"{options.subject}/measurements", make, ["measurements"])


def _draw(options: argparse.Namespace) -> int:
    study, part = options.subject.split(".")

    def make(parts: jobs.Parts) -> None:
        from soapbubble.figures.drawing import draw

        (style,) = parse_blocks(options.cfg).values()
        for data in options.input:
            drawn = {final: place for final, place in parts.items() if final.stem == data.stem}
            draw(study, data.stem.removeprefix(f"{study}-"), data, style, drawn)

    return _job(options, f"figures/{study}-{part}", make, ["figures.drawing", f"figures.{study}"])


def _judge(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        from soapbubble.claims.judge import judge_study

        blocks = parse_blocks(options.cfg)
        verdicts = judge_study(options.subject, options.input, blocks["available"], blocks["run"])
        for part in parts.values():
            part.write_text(_json(verdicts), encoding="utf-8")

    return _job(options, f"{options.subject}/verdicts", make, ["claims.judge"])


def _claims(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        from soapbubble.claims.table import merge, to_csv

        content = merge(options.input)
        for final, part in parts.items():
            text = to_csv(content["claims"]) if final.suffix == ".csv" else _json(content)
            part.write_text(text, encoding="utf-8")

    return _job(options, "claims", make, ["claims.table"])


def _report(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        from soapbubble.provenance.manifest import check, commit
        from soapbubble.report.build import Inputs, build

        config = json.loads(options.cfg)
        run = Path("results") / config["run"]
        manifests = [path for path in options.input if "manifests" in path.parts]
        stale = [item for item in check(manifests, config) if item.state != "current"]
        if stale and config["strict"]:
            first = stale[0]
            raise SoapbubbleError(
                f"{first.path}: is {first.state} ({first.why}), as are {len(stale) - 1} more results; "
                "make them again, or set strict: false to have the report stamp them."
            )
        content = build(
            Inputs(
                run=config["run"],
                results=run,
                templates=Path("report_templates"),
                studies=config["studies"],
                config=config,
                commit=commit(),
                stale=[vars(item) for item in stale],
                references=[path for path in options.input if path.parent.name == "reference"],
            )
        )
        for part in parts.values():
            part.write_text(_json(content), encoding="utf-8")

    return _job(options, "report", make, ["report.build"])


def _render(options: argparse.Namespace) -> int:
    def make(parts: jobs.Parts) -> None:
        content = read_json(options.input[0], "claims")
        figures = options.input[0].parent / "figures"
        templates = Path("report_templates")
        for part in parts.values():
            if options.subject == "html":
                from soapbubble.report import html

                part.write_text(html.render(content, figures, templates), encoding="utf-8")
            else:
                from soapbubble.report import pdf

                part.write_bytes(pdf.render(content, figures, templates))

    return _job(options, f"report-{options.subject}", make, [f"report.{options.subject}"])


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _check(options: argparse.Namespace) -> int:
    from soapbubble.provenance.manifest import Finding, check

    config = load([Path("config.yaml"), *options.configfile])
    run = Path("results") / config.run
    manifests = sorted((run / "manifests").rglob("*.json"))
    if not manifests:
        raise SoapbubbleError(f"{run}: holds no manifest, so nothing was made there yet; run snakemake.")
    findings = check(manifests, config.model_dump(mode="json"))
    promised = {item.path for item in findings}
    made = (
        path for path in run.rglob("*") if path.is_file() and not {"manifests", "logs", "checkpoints"} & set(path.parts)
    )
    findings += [
        Finding(str(path), "unknown", "no manifest speaks of it") for path in sorted(made) if str(path) not in promised
    ]
    others = [item for item in findings if item.state != "current"]
    for item in others[:SHOWN_FINDINGS]:
        print(f"{item.state:8s} {item.path}: {item.why}")
    if len(others) > SHOWN_FINDINGS:
        print(f"... and {len(others) - SHOWN_FINDINGS} more")
    print(f"{len(findings) - len(others)} of {len(findings)} results are current.")
    return 1 if others else 0


def _reference(options: argparse.Namespace) -> int:
    from soapbubble.provenance.files import staged
    from soapbubble.report.reference import differences, read_report, to_csv

    run = load([Path("config.yaml"), *options.configfile]).run
    path = Path("results") / "reference" / f"{run}.csv"
    report = read_report(Path("results") / run)
    if options.write:
        with staged([path]) as parts:
            parts[path].write_text(to_csv(report), encoding="utf-8")
        print(f"{path}: {len(report['claims'])} verdicts written.")
        return 0
    found = differences(path, report)
    print("\n".join([*found, f"{len(found)} of {len(report['claims'])} claims differ from {path}."]))
    return 1 if found else 0


def _compare(options: argparse.Namespace) -> int:
    """Say which verdicts, estimates and figures differ between two runs, and why: config, code, data or versions."""
    from soapbubble.provenance.files import staged
    from soapbubble.report.compare import as_html, as_text, compare

    found = compare(options.first, options.second)
    pages = {
        options.json: lambda: _json(found),
        options.html: lambda: as_html(found, Path("report_templates")),
    }
    wanted = [path for path in pages if path is not None]
    if wanted:
        with staged(wanted) as parts:
            for path in wanted:
                parts[path].write_text(pages[path](), encoding="utf-8")
    print(as_text(found), end="")
    return 0


def _summary(options: argparse.Namespace) -> int:
    from soapbubble.report.verdicts import count

    run = Path("results") / load([Path("config.yaml"), *options.configfile]).run
    claims = read_json(run / "claims.json", "claims")["claims"]
    found = ", ".join(f"{number} {verdict}" for verdict, number in count(claims).items() if number)
    print(f"\n{len(claims)} claims: {found}.")
    for name in ("report.html", "report.pdf"):
        print(f"  {(run / name).resolve()}")
    return 0
