"""Markdown becomes HTML and Typst in which nothing but Markdown and math means anything."""

from __future__ import annotations

import json

import pytest
import typst
from report_fixture import TEMPLATES

from soapbubble.errors import SoapbubbleError
from soapbubble.report.markdown import as_is, convert, inline
from soapbubble.report.pdf import literal

FILTER = TEMPLATES / "markdown.lua"
FORMATS = ("html", "typst")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '#[text] #panic("x") ] [ $',
    "```{=html}\n<script>alert(1)</script>\n```",
    '`<script>`{=html} `#panic("x")`{=typst}',
    "\\begin{x} \\def\\x{1} \\x",
    "::: {.a}\ninside",
    "</div></p>",
    "<div>\n\nopen",
    "- a list\n    - that goes on",
    "[a]: #elsewhere",
    "---\ntitle: x\n---",
    "% title",
    "*open **and open",
    "@someone says [^1]",
    '"quoted" and \\ and { } and $5',
)


FORMULAS = r"""
\otimes \oplus \odot \ominus \cap \cup \langle\,x\rangle \lVert\,x\rVert \mathbb{E}[x] \binom{n}{k}
\lfloor\,x\rfloor \mapsto \ll \gg \mathcal{N}(0,1) \Pr(|x|>t) \text{cv} x\propto\,y \hat\,y \bar\,R
\widetilde\,C \operatorname{erf} \log_{10} \cdots \mid \emptyset \circ \star \boldsymbol\mu
\varepsilon \ell \gtrsim \simeq \in\mathbb{R}^N \frac{a}{b} \tfrac12 \left(\frac{a}{b}\right)^2
\Rightarrow \partial \nabla \infty \times10^{-5} \pm
"""


def typeset(markup: str) -> None:
    """Compile Typst markup; raises if it is not well-formed."""
    typst.compile(markup.encode(), font_paths=typst.Fonts(include_system_fonts=False))


@pytest.mark.parametrize("to", FORMATS)
def test_each_text_comes_back_on_its_own(to) -> None:
    texts = {*HOSTILE, "plain", "two\n\nparagraphs"}
    together = convert(texts, to, FILTER)
    assert set(together) == texts
    assert together["plain"] == ("<p>plain</p>" if to == "html" else "plain")
    alone = {text: convert([text], to, FILTER)[text] for text in texts}
    assert together == alone


def test_markup_of_html_stays_text() -> None:
    done = "".join(convert(HOSTILE, "html", FILTER).values())
    assert "<script" not in done
    assert "<img" not in done
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done


def test_markup_of_typst_stays_text() -> None:
    for piece in convert(HOSTILE, "typst", FILTER).values():
        typeset(f"#[{piece}]")


@pytest.mark.parametrize("text", ['a "quote" \\ and #[x]', "two\nlines", "", "]$*_`<a>@b//c/*d*/"])
def test_a_literal_is_never_markup(text: str) -> None:
    found = typst.eval(b"", str(literal({"key": [text, None, True, 1.5, {}]})), format="json")
    assert json.loads(found) == {"key": [text, None, True, 1.5, {}]}


def test_formulas_become_mathml_and_carry_their_latex_in_the_pdf() -> None:
    text = r"The length $b\sqrt{N/3}$ and $$\sum_i \|x_i\|^2$$"
    assert convert([text], "html", FILTER)[text].count("<math ") == 2
    markup = convert([text], "typst", FILTER)[text]
    assert r'alt: "b\\sqrt{N/3}", block: false' in markup
    assert r'alt: "\\sum_i \\|x_i\\|^2", block: true' in markup


@pytest.mark.parametrize(
    "formula",
    FORMULAS.split(),
)
def test_formulas_that_prose_uses_can_be_typeset(formula: str) -> None:
    _, warnings = typst.compile_with_warnings(
        convert([f"${formula}$"], "typst", FILTER)[f"${formula}$"].encode(),
        font_paths=typst.Fonts(include_system_fonts=False),
    )
    assert not warnings


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("![a picture](https://example.org/x.png)", "an image"),
        ("[click](javascript:alert(1))", "a link to javascript"),
        ("[file](/etc/passwd)", "a link to /etc/passwd"),
        (r"$\frac{1$", "frac"),
    ],
)
def test_what_prose_may_not_hold_is_refused(to, text: str, words: str) -> None:
    with pytest.raises(SoapbubbleError, match=words):
        convert([text, "innocent"], to, FILTER)


def test_an_unclosed_block_names_its_text() -> None:
    with pytest.raises(SoapbubbleError, match="Ends in code"):
        convert(["Ends in code\n\n~~~~", "Follows\n\n~~~~"], "html", FILTER)


@pytest.mark.parametrize("to", FORMATS)
def test_columns_of_a_table_are_as_wide_as_they_need(to) -> None:
    text = "| a | b |\n|---|---|\n| " + "long " * 40 + "| 1 |"
    assert "%" not in convert([text], to, FILTER)[text]


def test_a_value_of_the_source_is_printed_as_it_is() -> None:
    text = "2*b*N ~ x^2 (N/5) -- [1] <b> $b_1^2$ \\sqrt #1."
    html = convert([as_is(text)], "html", FILTER)[as_is(text)]
    assert html.startswith("<p>2*b*N ~ x^2 (N/5) -- [1] &lt;b&gt; <math")
    assert html.endswith("</math> \\sqrt #1.</p>")
    typeset(convert([as_is(text)], "typst", FILTER)[as_is(text)])


def test_inline_takes_off_a_single_paragraph_only() -> None:
    assert inline("<p>a <em>b</em></p>") == "a <em>b</em>"
    assert inline("<p>a</p>\n<p>b</p>") == "<p>a</p>\n<p>b</p>"
    assert inline("<ul><li>a</li></ul>") == "<ul><li>a</li></ul>"
