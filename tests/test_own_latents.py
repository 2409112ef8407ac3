"""Latents and decoders of somebody else: filaments are found where they are, and a bad file ends in a sentence."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest
import torch
from study_fixture import CONFIG, ROOT, Study
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.figures.drawing import draw
from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring import latents_file
from soapbubble.measuring.exported_decoder import ExportedDecoder
from soapbubble.measuring.latents_file import open_latents, row_blocks, spread_rows
from soapbubble.parts.loading import validate
from soapbubble.plan import Plan
from soapbubble.report.chapters import render_chapter
from soapbubble.report.lookups import Lookups
from soapbubble.studies.faces.figures.own import own_decoded
from soapbubble.studies.faces.own import measure as measure_faces
from soapbubble.studies.filaments.clouds import CURVE, GAUSSIAN, cloud
from soapbubble.studies.filaments.figures.own import own_maps, own_statistics
from soapbubble.studies.filaments.own import measure as measure_filaments


@pytest.fixture
def rng():
    return np.random.default_rng(23)


def saved(folder, rows):
    path = folder / "latents.npy"
    np.save(path, rows)
    return path


def planted(name, rng, d=64, n=600):
    """A cloud off the origin, turned so that all of its axes vary."""
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return (cloud(name, n, 1 / np.arange(1, d + 1), rng) @ turn + 0.3).astype(np.float32)


def filaments(path, **changes):
    return measure_filaments(CONFIG.filaments.own.model_copy(update={"latents": str(path), **changes}), Lab())


def rejected(outcome, prefix="own"):
    return {row.condition["cloud"]: row.value for row in outcome.rows if row.quantity == f"{prefix}_tests_rejected"}


def section(folder, study, outcome, **settings):
    """What the chapter of a study says of latents of one's own."""
    chapter = (ROOT / f"report_templates/chapters/{study}.md.j2").read_text(encoding="utf-8")
    start = chapter.index(f'{{% if setting("{study}.own.latents")')
    (folder / "own.md.j2").write_text(chapter[start : chapter.index("\n\n## ", start)].partition("{#")[0])
    config = CONFIG.model_dump(mode="json")
    config[study]["own"] |= settings
    claims = {name: {"thresholds": claim.thresholds} for name, claim in Study(study).claims.items()}
    rendered = render_chapter(folder, Lookups("own.md.j2", outcome.rows, claims, config))
    return [block for part in rendered["sections"] for block in part["blocks"]]


def test_a_planted_curve_is_found_and_a_gaussian_cloud_is_not(tmp_path, rng):
    of_curve = filaments(saved(tmp_path, planted(CURVE, rng)), surrogates=10)
    of_gaussian = filaments(saved(tmp_path, planted(GAUSSIAN, rng)), surrogates=10)
    assert rejected(of_curve)["data"] > 0.5 < rejected(of_curve)["curve"]
    assert rejected(of_gaussian)["data"] == rejected(of_gaussian)["gaussian"] == 0
    assert rejected(of_gaussian, "own_plane")["curve"] > 0.5
    dimensions = {
        row.condition["cloud"]: row.value
        for row in of_curve.rows
        if row.quantity == "own_intrinsic_dimension" and row.condition["neighbours"] == 2
    }
    assert dimensions["data"] < 1.3 < 5 < dimensions["gaussian"]
    for function in (own_maps, own_statistics):
        file = tmp_path / "figure.png"
        draw(function, found(of_curve.rows, of_curve.pictures), CONFIG.plot, {file: file})
        assert file.stat().st_size > 5_000
    said = section(tmp_path, "filaments", of_curve, latents="mine.npy")
    assert {"figure": "filaments-own-maps"} in said
    assert "p-values come from" in said[-1]["text"]
    assert section(tmp_path, "filaments", of_curve) == []


def test_gaussian_clouds_are_taken_for_more_no_more_often_than_the_level_says(tmp_path, rng):
    """Of 15 clouds, at a level of five per cent for all tests of a cloud together."""
    alarms = [
        rejected(filaments(saved(tmp_path, planted(GAUSSIAN, rng, d=10, n=150)), maps=4, steps=1, early_steps=1))[
            "data"
        ]
        for _ in range(15)
    ]
    assert np.count_nonzero(alarms) <= 3


@pytest.mark.parametrize(
    ("d", "change"),
    [
        (2, np.asarray),
        (10, np.asarray),
        (2, lambda rows: rows.astype(np.float16)),
        (10, np.asfortranarray),
        (10, lambda rows: rows.astype(">f8") + 1000),
        (10, lambda rows: np.concatenate([rows, rows])),
        (10, lambda rows: np.concatenate([rows, rows @ np.ones((10, 3), dtype=np.float32)], axis=1)),
    ],
)
def test_any_kind_of_file_gives_finite_numbers_and_finds_nothing_in_a_gaussian(tmp_path, rng, d, change):
    outcome = filaments(saved(tmp_path, change(planted(GAUSSIAN, rng, d=d, n=200))), surrogates=12)
    assert np.isfinite([row.value for row in outcome.rows]).all()
    assert rejected(outcome)["data"] < 0.2  # one of eight by chance


def test_the_order_of_the_file_changes_nothing(tmp_path, rng):
    rows = planted(GAUSSIAN, rng, d=10)
    first, second = (filaments(saved(tmp_path, change(rows))).rows for change in (np.asarray, np.asfortranarray))
    assert first == second


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:50], "has 50 rows"),
        (lambda rows: np.repeat(rows[:30], 20, axis=0), "30 different ones among 300 rows"),
        (lambda rows: rows[:, :1] * np.array([1, 2], dtype=np.float32), "lie on one straight line"),
        (lambda rows: (rows[:, :2] + 500).astype(np.float16), "rounded to"),
    ],
)
def test_latents_of_which_nothing_can_be_said_end_in_a_sentence(tmp_path, rng, change, words):
    with pytest.raises(SoapbubbleError, match=f"latents.npy: .*{words}"):
        filaments(saved(tmp_path, change(planted(GAUSSIAN, rng, d=10))))


def test_a_sample_of_rows_leaves_the_others_on_disk(tmp_path, rng, monkeypatch):
    rows = planted(GAUSSIAN, rng, d=4)
    monkeypatch.setattr(latents_file, "ROWS_AT_ONCE", 7)
    file = open_latents(saved(tmp_path, rows))
    taken = spread_rows(file, 60)
    assert isinstance(file, np.memmap)
    assert not isinstance(taken, np.memmap)
    assert np.array_equal(taken, rows[np.linspace(0, 599, 60).round().astype(int)])
    assert np.array_equal(spread_rows(file, 10_000), rows)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_blocks_are_the_same_in_either_order(tmp_path, rng, monkeypatch, dtype):
    monkeypatch.setattr(latents_file, "BLOCK_NUMBERS", 37 * 11)
    rows = rng.standard_normal((400, 37)).astype(dtype)
    blocks = [list(row_blocks(open_latents(saved(tmp_path, make(rows))))) for make in (np.asarray, np.asfortranarray)]
    for first, second in zip(*blocks, strict=True):
        assert first.dtype == second.dtype == np.float32
        assert np.array_equal(first, second)
    assert np.array_equal(np.concatenate(blocks[0]), rows.astype(np.float32))


STATM = Path("/proc/self/statm")  # its third number: pages of files in memory


@pytest.mark.skipif(not STATM.exists(), reason="the system does not say which pages are in memory")
@pytest.mark.parametrize("fortran", [False, True])
def test_few_pages_of_a_file_are_held_at_a_time(tmp_path, monkeypatch, fortran):
    file = tmp_path / "latents.npy"
    np.lib.format.open_memmap(file, "w+", "f4", (80_000, 256), fortran)
    rows = np.lib.format.open_memmap(file, "r")
    held, forget = [], latents_file._forget

    def watched(rows):
        held.append(int(STATM.read_text().split()[2]) * mmap.PAGESIZE)
        forget(rows)

    before = int(STATM.read_text().split()[2]) * mmap.PAGESIZE
    monkeypatch.setattr(latents_file, "_forget", watched)
    assert sum(map(len, row_blocks(rows))) == 80_000
    spread_rows(rows, 1000)
    assert max(held) - before < rows.nbytes / 2


class Decoder(nn.Module):
    """Images of 3 x 4 x 5 pixels, linear in 6 latents."""

    def __init__(self, colours=3):
        super().__init__()
        torch.manual_seed(1)
        self.linear = nn.Linear(6, colours * 20)
        self.colours = colours

    def forward(self, z):
        return self.linear(z).reshape(-1, self.colours, 4, 5)


class After(nn.Module):
    """A decoder with something done to its images."""

    def __init__(self, change):
        super().__init__()
        self.decoder, self.change = Decoder(), change

    def forward(self, z):
        return self.change(self.decoder(z))


def exported(folder, network, batch=None, example=None):
    """The file of a network, for a fixed batch or any."""
    path = folder / "decoder.pt2"
    given = torch.zeros(batch or 2, 6) if example is None else example
    shapes = None if batch else ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(network.eval(), (given,), dynamic_shapes=shapes), path)
    return path


@pytest.fixture
def latents(rng):
    return planted(GAUSSIAN, rng, d=6, n=300)


@pytest.mark.parametrize("batch", [None, 1, 7])
@pytest.mark.parametrize("colours", [1, 3])
def test_images_are_those_of_the_network_whatever_the_batch(tmp_path, latents, batch, colours):
    decoder = ExportedDecoder(exported(tmp_path, Decoder(colours), batch), latents)
    images = np.concatenate(list(decoder.images(latents[:40])))
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(images), Decoder(colours)(torch.from_numpy(latents[:40])))


class OneAtATime(nn.Module):
    """A decoder whose trace knows one latent only."""

    def __init__(self):
        super().__init__()
        self.decoder = Decoder()

    def forward(self, z):
        return self.decoder(z).reshape(1, 3, 4, 5)


def scripted(folder, network, how=torch.jit.script):
    path = folder / "decoder.pt"
    torch.jit.save(how(network), path)
    return path


@pytest.mark.parametrize("network", [Decoder(), OneAtATime(), nn.Sequential(Decoder(), nn.Dropout(0.5)).train()])
@pytest.mark.parametrize("how", [torch.jit.script, lambda network: torch.jit.trace(network.eval(), torch.zeros(1, 6))])
def test_images_of_torchscript_are_those_of_the_network(tmp_path, latents, network, how):
    decoder = ExportedDecoder(scripted(tmp_path, network, how), latents)
    images = np.concatenate(list(decoder.images(latents[:40])))
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(images), Decoder()(torch.from_numpy(latents[:40])))


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (nn.Linear(6, 12), "gives shape .*images are .images, 1 or 3 colours"),
        (nn.Sequential(Decoder(), nn.Flatten(0)), "gives shape .*images are .images, 1 or 3 colours"),
        (nn.Bilinear(6, 6, 3), "takes no single tensor"),
        (nn.Linear(5, 12), r"cannot decode 1 latents of 6 dimensions at a time \(mat1 and mat2 shapes cannot be"),
    ],
)
def test_torchscript_that_makes_no_images_of_the_latents_ends_in_a_sentence(tmp_path, latents, network, words):
    with pytest.raises(SoapbubbleError, match=f"decoder.pt: {words}"):
        ExportedDecoder(scripted(tmp_path, network), latents)


@pytest.mark.parametrize("batch", [None, 1])
def test_a_gaussian_fitted_to_the_latents_is_near_and_wide_cubes_are_not(tmp_path, latents, batch):
    latents = latents @ np.triu(np.ones((6, 6), dtype=np.float32))  # strongly correlated
    changes = {"latents": str(saved(tmp_path, latents)), "decoder": str(exported(tmp_path, Decoder(), batch))}
    outcome = measure_faces(CONFIG.faces.own.model_copy(update={**changes, "decoded": 200}), Lab())
    distance = {
        (row.condition["generator"], row.condition.get("b")): row.value
        for row in outcome.rows
        if row.quantity == "own_decoded_distance"
    }
    assert distance["full Gaussian", None] < 3 < distance["diagonal Gaussian", None]
    assert distance["uniform", 12.0] > 30
    file = tmp_path / "figure.png"
    draw(own_decoded, found(outcome.rows, outcome.pictures), CONFIG.plot, {file: file})
    assert file.stat().st_size > 5_000
    given = section(tmp_path, "faces", outcome, **changes)
    assert {"figure": "faces-own-decoded"} in given
    assert "Two things could not be judged" in given[-1]["text"].replace("\n", " ")
    without = section(tmp_path, "faces", outcome, latents="mine.npy")
    assert "four things could not be judged" in without[0]["text"]


@pytest.mark.parametrize("shape", [(32, 32), (64, 32), (20, 64)])
@pytest.mark.parametrize("shown", [1, 4, 10])
def test_the_labels_beside_decoded_images_are_whole(shape, shown):
    out = Outcome()
    out.add("own_decoded_distance", 1.5, {"generator": "isotropic Gaussian"})
    for name in ("latents", *map(str, range(6)), "isotropic Gaussian", "mean"):
        out.picture(f"decoded {name}", np.zeros((1 if name == "mean" else shown, *shape, 3), dtype=np.uint8))
    drawing = own_decoded(found(out.rows, out.pictures), CONFIG.plot)
    drawing.get_layout_engine().execute(drawing)
    drawing.set_layout_engine(None)  # laid out once, as `draw` does
    drawing.draw_without_rendering()
    assert min(ax.yaxis.label.get_window_extent().x0 for ax in drawing.axes) >= 0


@pytest.mark.parametrize(
    ("farthest", "labels"),
    [(1, "−3 0 3"), (40, "−30 −3 0 3 30"), (3500, "−300 −3 0 3 300"), (2e5, "−30000 −300 −3 0 3 300 30000")],
)
def test_the_excess_over_surrogates_has_few_and_round_numbers_at_its_axis(farthest, labels):
    out = Outcome()
    for quantity in ("own_excess", "own_plane_excess"):
        for side in (-1, 1):
            out.add(quantity, side * farthest, {"cloud": "data", "statistic": f"{side}"})
    drawing = own_statistics(found(out.rows, {}), CONFIG.plot)
    drawing.draw_without_rendering()
    for ax in drawing.axes:
        ticks = sorted((label.get_position()[0], label.get_text()) for label in ax.get_xticklabels())
        assert " ".join(text for _, text in ticks) == labels


def test_the_chapter_says_where_the_planted_curve_is_not_found_either(tmp_path, rng):
    few = filaments(saved(tmp_path, planted(GAUSSIAN, rng, d=10, n=100)), maps=4, steps=1, early_steps=1)
    assert rejected(few, "own_map")["curve"] == 0
    said = " ".join(block.get("text", "") for block in section(tmp_path, "filaments", few, latents="mine.npy"))
    assert "nothing follows from an even map" in said


class TwoLatents(nn.Module):
    def forward(self, z, w):
        return (z + w).reshape(-1, 1, 2, 3)


BAD = {
    "takes latents of 6 dimensions, and the file of latents has 5": (Decoder(), np.s_[:, :5]),
    "gives numbers that are not finite": (After(lambda x: x / 0 * 0), np.s_[:]),
    "gives shape .*images are .images, 1 or 3 colours": (nn.Linear(6, 12), np.s_[:]),
    "gives more than one tensor": (After(lambda x: (x, x)), np.s_[:]),
    "gives torch.uint8; images are floats": (After(lambda x: x.to(torch.uint8)), np.s_[:]),
    "gives the same image of different latents": (After(lambda x: x * 0 + 1), np.s_[:]),
    "in evaluation mode": (After(lambda x: nn.functional.dropout(x, 0.5, training=True)), np.s_[:]),
}


@pytest.mark.parametrize("words", BAD)
def test_a_program_that_makes_no_images_of_the_latents_ends_in_a_sentence(tmp_path, latents, words):
    network, some = BAD[words]
    with pytest.raises(SoapbubbleError, match=f"decoder.pt2: .*{words}"):
        ExportedDecoder(exported(tmp_path, network), latents[some])


def test_a_program_of_two_inputs_or_of_single_vectors_is_refused(tmp_path, latents):
    path = tmp_path / "decoder.pt2"
    torch.export.save(torch.export.export(TwoLatents(), (torch.zeros(2, 6), torch.zeros(2, 6))), path)
    with pytest.raises(SoapbubbleError, match="takes no single tensor"):
        ExportedDecoder(path, latents)
    with pytest.raises(SoapbubbleError, match="takes a tensor of 1 axes"):
        ExportedDecoder(exported(tmp_path, Decoder(), batch=1, example=torch.zeros(6)), latents)
    path.write_bytes(b"nothing")
    with pytest.raises(SoapbubbleError, match="cannot be read as an exported program"):
        ExportedDecoder(path, latents)


def test_a_decoder_without_latents_is_refused_with_the_configuration():
    with pytest.raises(SoapbubbleError, match="a decoder needs the latents of its encoder"):
        validate({**CONFIG.model_dump(mode="json"), "faces": {"own": {"decoder": "x.pt2"}}})


OWN = [("filaments", "latents"), ("faces", "latents"), ("faces", "decoder")]


@pytest.mark.parametrize(("study", "key"), [*OWN, ("depth", "model"), ("depth", "weights")])
def test_a_tilde_in_the_path_of_a_file_is_the_home_folder(tmp_path, monkeypatch, study, key):
    monkeypatch.setenv("HOME", str(tmp_path))
    given = CONFIG.model_dump(mode="json")
    given[study]["own"] |= {key: "~/mine.pt2"} | ({"latents": "~/mine.pt2"} if (study, key) in OWN else {})
    assert getattr(getattr(validate(given), study).own, key) == str(tmp_path / "mine.pt2")


@pytest.mark.parametrize(("study", "key"), OWN)
@pytest.mark.parametrize(
    ("name", "words"), [("{a}.npy", "has a brace in its name"), ("x" * 5000, "is no file; correct the path")]
)
def test_a_file_that_cannot_be_used_is_refused_with_the_plan(tmp_path, study, key, name, words):
    if len(name) < 100:
        (tmp_path / name).touch()
    given = CONFIG.model_dump(mode="json")
    given["studies"] = [study]
    (tmp_path / "sound.npy").touch()
    given[study]["own"] |= {"latents": str(tmp_path / "sound.npy")} | {key: str(tmp_path / name)}
    with pytest.raises(SoapbubbleError, match=words) as caught:
        Plan(validate(given))
    assert len(name) > 100 or str(tmp_path / name) in str(caught.value)
