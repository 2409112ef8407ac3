"""The HTML and the PDF say the same, need nothing but themselves, and are the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from pdfua import validate
from report_fixture import CHAPTER, STUDIES, VERDICTS, plant, text_of

from soapbubble.errors import SoapbubbleError
from soapbubble.report import html, pdf, svg
from soapbubble.report.build import Inputs, build, choose_findings
from soapbubble.report.reference import to_csv
from soapbubble.report.verdicts import of_statement

# What a run makes lies beside its report; links lead there, nothing is loaded from there.
BESIDE = ("report.", "supplement.", "claims.", "figures/", "measurements/")
HOSTILE = '<script>alert("x")</script> and #panic("x") and ] and {{ 1 }} and </td></table>'


def to_json(report: dict) -> str:
    """The report as it is kept, with its keys in another order than it was built."""
    return json.dumps(report, sort_keys=True, allow_nan=False)


STALE = [{"path": "results/builtin/b.csv", "state": "stale", "why": "code <changed>"}]


class Outline(HTMLParser):
    """What of a page the tests look at: its elements with their attributes, in order, and whether they nest."""

    VOID = frozenset(["meta", "link", "img", "br", "hr", "input", "use", "path", "circle", "stop"])

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    changes = {"spheres-1": {"statement": HOSTILE, "sentence": HOSTILE, "section": HOSTILE, "regenerate": HOSTILE}}
    return plant(tmp_path_factory.mktemp("report"), figures=2, changes=changes, stale=STALE)


@pytest.fixture(scope="module")
def report(planted: Inputs) -> dict:
    return build(planted)


@pytest.fixture(scope="module")
def page(planted: Inputs, report: dict) -> str:
    return html.render(report, "report", planted.results / "figures", planted.templates)


@pytest.fixture(scope="module")
def supplement(planted: Inputs, report: dict) -> str:
    return html.render(report, "supplement", planted.results / "figures", planted.templates)


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


@pytest.fixture(scope="module")
def paper(planted: Inputs, report: dict) -> bytes:
    return pdf.render(report, "report", planted.results / "figures", planted.templates)


@pytest.fixture(scope="module")
def rest(planted: Inputs, report: dict) -> bytes:
    return pdf.render(report, "supplement", planted.results / "figures", planted.templates)


@pytest.fixture(scope="module")
def words(paper: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return text_of(paper, tmp_path_factory.mktemp("paper"))


@pytest.fixture(scope="module")
def rest_words(rest: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return text_of(rest, tmp_path_factory.mktemp("supplement"))


def test_the_report_counts_every_claim_once(report: dict) -> None:
    assert sum(report["counts"].values()) == 2 * len(VERDICTS)
    assert report["counts"]["supported"] == 2 * VERDICTS.count("supported")
    assert [study["counts"]["not run"] for study in report["studies"]] == [1, 1]
    assert [study["name"] for study in report["studies"]] == list(STUDIES)


def test_the_report_is_plain_json_without_times(report: dict) -> None:
    assert json.loads(to_json(report)) == report
    assert not re.search(r"\d{4}-\d\d-\d\d|seconds|memory", to_json(report))


def test_bytes_are_the_same_each_time(planted: Inputs, report: dict, page: str, paper: bytes) -> None:
    assert to_json(build(planted)) == to_json(report)
    again = json.loads(to_json(report))
    assert html.render(again, "report", planted.results / "figures", planted.templates) == page
    assert pdf.render(again, "report", planted.results / "figures", planted.templates) == paper


def test_pages_are_made_from_the_report_alone(tmp_path: Path) -> None:
    inputs = plant(tmp_path)
    report = build(inputs)
    shutil.rmtree(inputs.results / "measurements")
    shutil.rmtree(inputs.templates / "chapters")
    assert html.render(report, "report", inputs.results / "figures", inputs.templates)
    assert pdf.render(report, "report", inputs.results / "figures", inputs.templates).startswith(b"%PDF")


def test_the_order_of_keys_does_not_matter(planted: Inputs, report: dict, page: str, paper: bytes) -> None:
    shuffled = json.loads(to_json(report))
    assert list(shuffled["counts"]) != list(report["counts"])
    assert html.render(shuffled, "report", planted.results / "figures", planted.templates) == page
    assert pdf.render(shuffled, "report", planted.results / "figures", planted.templates) == paper


def test_every_claim_has_a_row_and_a_link_in_html(report: dict, outline: Outline) -> None:
    rows = {row["id"]: row for row in outline.all("tbody") if row.get("class") == "claim"}
    assert set(rows) == {claim["id"] for claim in report["claims"]}
    for claim in report["claims"]:
        assert rows[claim["id"]]["data-verdict"] == of_statement(claim)
    targets = {link["href"] for link in outline.all("a")}
    assert {f"#{name}" for name in rows} <= targets


def test_every_claim_is_in_the_supplement(report: dict, rest_words: str) -> None:
    for claim in report["claims"]:
        assert claim["id"] in rest_words
        assert claim["verdict"].split()[0] in rest_words


def test_the_verdict_beside_a_false_sentence_is_never_that_on_its_correction(report: dict, outline: Outline) -> None:
    errata = {claim["id"] for claim in report["claims"] if claim["kind"] == "erratum"}
    rows = {row["id"]: row["data-verdict"] for row in outline.all("tbody") if row.get("id") in errata}
    assert set(rows) == errata
    assert "supported" not in rows.values()


def test_sources_statements_are_counted_apart(report: dict) -> None:
    groups = report["groups"]
    assert sum(groups["correction"].values()) == len(report["errata"])
    assert sum(groups["answer"].values()) == len(report["questions"])
    assert sum(sum(counts.values()) for counts in groups.values()) == len(report["claims"])


def test_elements_nest_and_ids_are_unique_and_links_lead_somewhere(outline: Outline) -> None:
    assert outline.open == []
    ids = [attributes["id"] for _, attributes in outline.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    inner = {link["href"][1:] for link in outline.all("a", "use") if link.get("href", "").startswith("#")}
    assert {name for name in inner if not name.startswith("?")} <= set(ids)


def test_html_asks_for_nothing_from_outside(page: str, outline: Outline) -> None:
    for tag, attributes in outline.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            address = attributes.get(name) or ""
            beside = address.startswith(BESIDE)
            cited = tag == "a" and name == "href" and (address.startswith("https://") or beside)
            assert cited or not address or address.startswith(("#", "data:image/"))
    style = page[page.index("<style>") : page.index("</style>")]
    assert set(re.findall(r"url\((.{10})", style)) <= {"data:font/"}
    assert "@import" not in style


def test_the_policy_forbids_requests_and_names_the_one_script(page: str, outline: Outline) -> None:
    policy = next(meta["content"] for meta in outline.all("meta") if meta.get("http-equiv"))
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert len(outline.all("script")) == 1


def test_nothing_is_hidden_without_javascript(outline: Outline) -> None:
    hidden = [(tag, attributes) for tag, attributes in outline.elements if "hidden" in attributes]
    assert {tag for tag, _ in hidden} == {"form", "button"}
    assert len(outline.all("details")) > len(outline.all("tbody")) / 4


def test_hostile_text_stays_text(page: str, rest_words: str) -> None:
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(") >= 4
    assert '#panic("x") and ] and {{ 1 }}' in re.sub(r"[“”]", '"', re.sub(r"\s+", " ", rest_words))


def test_headings_descend_one_step_at_a_time(outline: Outline) -> None:
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-4]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_figures_have_alternative_texts_captions_and_sizes(report: dict, outline: Outline, page: str) -> None:
    images = [element for element in outline.all("svg") if element.get("role") == "img"]
    assert len(images) == len(report["figures"]) == 4
    assert [image["aria-label"] for image in images] == [figure["alt"] for figure in report["figures"].values()]
    assert all(image["viewbox"] == "0 0 360 180" for image in images)
    assert page.count("<figcaption>") == 4


def test_the_pdf_is_tagged_titled_and_described(paper: bytes, report: dict) -> None:
    for part in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang", b"pdfuaid:part"):
        assert part in paper
    assert report["paper"]["abstract"]["title"].encode() in paper
    assert paper.count(b"/Alt") >= len(report["figures"])


def test_the_pdf_passes_the_checks_of_pdf_ua_that_a_program_can_make(paper: bytes, tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(paper)
    assert [finding.message for finding in validate(str(tmp_path / "paper.pdf")).findings] == []


def test_formulas_are_mathml(page: str) -> None:
    assert page.count("<math ") > 20
    assert "$" not in re.sub(r"<(style|script|annotation)[ >].*?</\1>", "", page, flags=re.DOTALL)


def test_stale_results_are_stamped_on_the_first_page_and_listed(page: str, words: str) -> None:
    assert "1 result is not current" in page
    assert "code &lt;changed&gt;" in page
    assert "not current" in words.split("\f")[0]
    assert "code <changed>" in words


def test_text_keeps_inside_the_margins_of_the_paper(tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    long = {
        "source_value": r"$b\sqrt{\frac{N}{3}}\left(1-\frac{1}{10N}+\frac{3}{700N^2}+\frac{5}{7000N^3}\right)$",
        "estimate": 46.1687654321,
        "interval": [46.1687654320, 46.1687654322],
        "section": "A" * 60,
        "regenerate": "snakemake " + "results/builtin/measurements/" * 6,
    }
    inputs = plant(tmp_path, changes={"spheres-0": long, "tubes-5": long})
    (tmp_path / "report.pdf").write_bytes(
        pdf.render(build(inputs), "report", inputs.results / "figures", inputs.templates)
    )
    command = ["pdftotext", "-bbox", tmp_path / "report.pdf", "-"]
    boxes = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    edges = [(float(a), float(b)) for a, b in re.findall(r'<word xMin="([\d.]+)".*? xMax="([\d.]+)"', boxes)]
    margin, width = 22 / 25.4 * 72, 210 / 25.4 * 72
    hanging = 3  # points; commas and hyphens at the end of a justified line hang into the margin on purpose
    assert min(left for left, _ in edges) >= margin - hanging
    assert max(right for _, right in edges) <= width - margin + hanging


def test_findings_take_turns_and_skip_what_was_not_decided() -> None:
    def item(name: str, kind: str, verdict: str) -> dict:
        return {"id": name, "kind": kind, "verdict": verdict}

    claims = [
        item("a", "number", "refuted"),
        item("b", "number", "refuted"),
        item("c", "erratum", "supported"),
        item("d", "open-question", "supported"),
        item("e", "number", "supported"),
        item("f", "number", "not run"),
        item("g", "open-question", "refuted"),
    ]
    assert [claim["id"] for claim in choose_findings(claims)] == ["a", "c", "d", "b"]
    assert [claim["id"] for claim in choose_findings(claims, ["f", "e", "d"])] == ["e", "d", "a", "c", "b"]


def test_studies_take_turns_in_putting_findings_forward(tmp_path: Path) -> None:
    chapter = '{{{{ finding("{study}-0", "Head") }}}}{{{{ finding("{study}-3", "Head", "not run") }}}}\n' + CHAPTER
    found = build(plant(tmp_path, chapter=chapter))["findings"][:4]
    assert [item["claim"] for item in found] == ["spheres-0", "tubes-0", "spheres-3", "tubes-3"]
    assert [item["headline"] for item in found] == ["Head", "Head", "", ""]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"spheres-7": {"figure": "spheres-lost", "verdict": "supported"}},
            "claim spheres-7 names the figure spheres-lost",
        ),
        ({"spheres-0": {"study": "faces"}}, "claim spheres-0 is of the study 'faces'"),
        ({"spheres-0": {"verdict": "maybe"}}, "unknown verdict 'maybe'"),
    ],
)
def test_a_report_that_does_not_fit_together_is_refused(tmp_path: Path, changes: dict, words: str) -> None:
    with pytest.raises(SoapbubbleError, match=words):
        build(plant(tmp_path, changes=changes))


def test_a_figure_that_was_not_made_is_named(tmp_path: Path) -> None:
    inputs = plant(tmp_path)
    (inputs.results / "figures" / "tubes-figure-0.svg").unlink()
    with pytest.raises(SoapbubbleError, match=r"tubes-figure-0\.svg: a chapter shows this figure"):
        build(inputs)


def test_the_data_behind_the_claims_are_named(tmp_path: Path) -> None:
    inputs = plant(tmp_path, changes={"spheres-0": {"data": ["faces", "lost"]}})
    card = {
        "name": "faces",
        "tier": "built-in",
        "shape": [2, 8, 8, 3],
        "source": "s",
        "licence": "l",
        "sha256": "a" * 64,
    }
    (inputs.results / "data").mkdir()
    (inputs.results / "data" / "faces.json").write_text(json.dumps({**card, "extras": []}))
    report = build(inputs)
    assert report["data"] == [card]
    assert "2 × 8 × 8 × 3" in html.render(report, "report", inputs.results / "figures", inputs.templates)
    assert pdf.render(report, "report", inputs.results / "figures", inputs.templates)


def test_a_claim_that_was_not_run_needs_no_figure(tmp_path: Path) -> None:
    build(plant(tmp_path, changes={"spheres-7": {"figure": "spheres-lost", "verdict": "not run"}}))


def test_a_link_to_no_claim_stops_the_pdf(tmp_path: Path) -> None:
    inputs = plant(tmp_path, changes={"spheres-0": {"statement": "See [this](#nowhere)."}})
    with pytest.raises(SoapbubbleError, match="nowhere"):
        pdf.render(build(inputs), "supplement", inputs.results / "figures", inputs.templates)


def test_a_large_report_stays_small(tmp_path: Path) -> None:
    inputs = plant(tmp_path, claims=150, figures=30, figure_bytes=100_000)
    page = html.render(build(inputs), "supplement", inputs.results / "figures", inputs.templates)
    assert len(page.encode()) < 6_000_000


def test_run_name_and_commit_are_stamped(planted: Inputs) -> None:
    inputs = replace(planted, run="smoke", commit="f" * 40)
    page = html.render(build(inputs), "report", inputs.results / "figures", inputs.templates)
    assert "--configfile config/smoke.yaml" in page
    assert "f" * 40 in page


def test_slimming_keeps_the_drawing_and_drops_the_rest() -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE svg><svg height="9pt" width="12.5pt"><metadata><a/></metadata>\n <!-- no -->\n'
        '<path id="d1.23456" d="M 1.23456 -0.00049 \n L 10 3.999"/></svg>'
    )
    small = svg.slim(text)
    assert small == '<svg height="9pt" width="12.5pt"><path id="d1.23456" d="M 1.23 -0 L 10 4"/></svg>'
    assert svg.size(small) == svg.size('<svg width="12.5pt" height="9pt"></svg>') == (12.5, 9.0)
    with pytest.raises(SoapbubbleError, match="no width and height"):
        svg.size("<svg></svg>")


def test_a_claim_says_where_other_published_runs_judged_otherwise(planted: Inputs, tmp_path: Path) -> None:
    verdicts = build(planted)["claims"]
    other = {"software": {}, "claims": [{**verdicts[0], "verdict": "not run", "estimate": None, "interval": None}]}
    references = [tmp_path / "builtin.csv", tmp_path / "mnist.csv"]
    for reference in references:
        reference.write_text(to_csv(other))
    content = build(replace(planted, references=references))
    page = html.render(content, "report", planted.results / "figures", planted.templates)
    for reference in references:
        assert f"Run <code>{reference.stem}</code>" in page
    for document in ("report", "supplement"):
        assert pdf.render(content, document, planted.results / "figures", planted.templates)


def test_the_names_of_the_layout_leave_formulas_alone(tmp_path: Path) -> None:
    formula = {"statement": r"The norm $\lVert\mu\rVert$, a mean $\bar x$ and a hat $\hat x$."}
    inputs = plant(tmp_path, changes={"spheres-0": formula})
    assert pdf.render(build(inputs), "report", inputs.results / "figures", inputs.templates)
