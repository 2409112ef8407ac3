"""In a browser, from disk, the report asks for nothing, complains of nothing, fits, and says all without scripts."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from report_fixture import STUDIES, TEMPLATES, plant

from soapbubble.report import compare, html
from soapbubble.report.build import build

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever a page, or the browser itself, asks for stays on this machine
)
SECONDS = 20  # that a browser may take to say something
OWN = ("file:", "data:", "about:")

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium on PATH (chromium, chromium-browser, google-chrome)"
)


@dataclass
class Visit:
    """What a browser did with a page."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    page: str = ""
    overflow: float = 0.0
    """CSS pixels by which the page is wider than the window."""

    def strange(self) -> list[str]:
        """Requests for anything but the page itself and what is written into it."""
        return [address for address in self.requests if not address.startswith(OWN)]


class Browser:
    """A headless Chromium that is told what to do through a pair of pipes (the DevTools protocol)."""

    def __init__(self, to: int, out: int) -> None:
        self._to, self._out, self._number = to, out, 0
        self._unread = b""
        self._events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer; events that come first are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        os.write(self._to, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._events.append(answer)
        assert "result" in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._out], [], [], SECONDS)
            assert ready, f"the browser has said nothing for {SECONDS} s"
            piece = os.read(self._out, 2**20)
            assert piece, "the browser has gone"
            self._unread += piece
        text, _, self._unread = self._unread.partition(b"\0")
        return json.loads(text)

    def events(self, until: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """All events so far, up to one that is waited for."""
        while not any(map(until, self._events)):
            self._events.append(self._next())
        found, self._events = self._events, []
        return found

    def visit(self, address: str, width: int, scripts: bool = True) -> Visit:
        """Open a page in a window of its own, look at all of it, and see what happens."""
        target = self.ask("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log", "DOM"):
            self.ask(f"{domain}.enable", session)
        self._window(session, width, 800)
        self.ask("Emulation.setScriptExecutionDisabled", session, value=not scripts)
        self.ask("Page.navigate", session, url=address)
        seen = self.events(lambda event: event["method"] == "Page.loadEventFired")
        layout = self.ask("Page.getLayoutMetrics", session)
        # All in view and painted, so that images that wait to be looked at come too.
        self._window(session, width, layout["cssContentSize"]["height"])
        for _ in range(2):
            self.ask("Page.captureScreenshot", session, clip={"x": 0, "y": 0, "width": 9, "height": 9, "scale": 1})
        root = self.ask("DOM.getDocument", session, depth=0)["root"]["nodeId"]
        page = self.ask("DOM.getOuterHTML", session, nodeId=root)["outerHTML"]
        self.ask("Target.closeTarget", targetId=target)
        seen += self.events(lambda event: event["method"] == "Target.detachedFromTarget")
        return Visit(
            [event["params"]["request"]["url"] for event in seen if event["method"] == "Network.requestWillBeSent"],
            [text for event in seen if (text := _complaint(event))],
            page,
            layout["cssContentSize"]["width"] - layout["cssLayoutViewport"]["clientWidth"],
        )

    def _window(self, session: str, width: float, height: float) -> None:
        size = {"width": round(width), "height": round(height), "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", session, **size)


def _complaint(event: dict[str, Any]) -> str | None:
    """What a console shows in red or yellow because of an event."""
    params = event.get("params", {})
    match event["method"]:
        case "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            return details.get("exception", {}).get("description", details["text"])
        case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
            return json.dumps(params["args"])
        case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
            return params["entry"]["text"]
    return None


@contextmanager
def _opened(folder: Path, *options: str) -> Iterator[Browser]:
    (commands, to), (out, answers) = os.pipe(), os.pipe()
    profile = f"--user-data-dir={folder}"
    process = subprocess.Popen(
        # The browser reads from descriptor 3 and writes to 4, whatever the numbers are here.
        ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", BROWSER, *OPTIONS, *options, profile],
        pass_fds=(commands, answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands)
    os.close(answers)
    try:
        browser = Browser(to, out)
        yield browser
        with suppress(AssertionError):  # it may go without an answer
            browser.ask("Browser.close")
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(to)
        os.close(out)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with _opened(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A report on disk with every kind of claim and verdict: its address and what it says."""
    folder = tmp_path_factory.mktemp("report")
    planted = plant(folder, claims=16, figures=2)
    content = build(planted)
    for name in ("report", "supplement"):
        page = html.render(content, name, planted.results / "figures", planted.templates)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return (folder / "report.html").as_uri(), content


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [400, 1600])
def test_the_report_needs_nothing_and_fits(browser, report, width, scripts):
    address, content = report
    visit = browser.visit(address, width, scripts)
    assert visit.requests[0] == address
    assert visit.strange() == []
    assert visit.complaints == []
    assert visit.overflow <= 0
    missing = [claim["id"] for claim in content["claims"] if f'id="{claim["id"]}"' not in visit.page]
    assert missing == []


def test_the_address_of_a_claim_opens_it(browser, report):
    address, content = report
    visit = browser.visit(f"{address}#{content['claims'][3]['id']}", 400)
    assert (visit.strange(), visit.complaints) == ([], [])


def test_the_supplement_needs_nothing_and_fits(browser, report):
    for width in (400, 1600):
        visit = browser.visit(report[0].replace("report.html", "supplement.html"), width)
        assert (visit.strange(), visit.complaints) == ([], [])
        assert visit.overflow <= 0


def test_the_comparison_of_two_runs_needs_nothing_and_fits(browser, tmp_path):
    runs = []
    for verdict in ("supported", "refuted"):
        changes = {f"{study}-0": {"measured_by": [], "verdict": verdict} for study in STUDIES}
        runs.append(plant(tmp_path / verdict, claims=1, changes=changes).results)
    page = tmp_path / "compare.html"
    page.write_text(compare.as_html(compare.compare(*runs), TEMPLATES), encoding="utf-8")
    for width in (400, 1600):
        visit = browser.visit(page.as_uri(), width)
        assert (visit.strange(), visit.complaints, visit.overflow) == ([], [], 0)


def looked_up(log: Path) -> list[str]:
    """The hosts that pages on disk made a browser look up, as its log of the network says."""
    content = json.loads(log.read_text())
    kind = content["constants"]["logEventTypes"]["HOST_RESOLVER_MANAGER_REQUEST"]
    asked = [event["params"] for event in content["events"] if event["type"] == kind and "params" in event]
    return [item["host"] for item in asked if "file:" in item.get("network_anonymization_key", "")]


def test_not_even_a_host_is_looked_up(report, tmp_path):
    hints = tmp_path / "hints.html"
    hints.write_text(
        "<!doctype html><title>hints</title><link rel='preconnect' href='http://a.example/'>"
        "<link rel='dns-prefetch' href='http://b.example/'><body>nothing that counts as a request"
    )
    found = {}
    for name, address in (("report", report[0]), ("hints", hints.as_uri())):
        log = tmp_path / f"{name}.json"
        with _opened(tmp_path / name, f"--log-net-log={log}") as browser:
            visits = [browser.visit(address, width, scripts) for width in (400, 1600) for scripts in (True, False)]
        found[name] = looked_up(log)
        assert [visit.strange() for visit in visits] == [[]] * 4
    assert found["report"] == []
    assert len(found["hints"]) >= 2


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<img src="http://127.0.0.1:9/x.png" alt="">', "strange"),
        ('<p style="background: url(http://127.0.0.1:9/y.png)">text', "strange"),
        ('<div style="height: 9999px"></div><img loading="lazy" src="http://127.0.0.1:9/z.png" alt="">', "strange"),
        ("<script>undefined_function()</script>", "complaints"),
        ("<script>console.error('planted')</script>", "complaints"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\"><img src='x.png' alt=''>",
            "complaints",
        ),
        ('<div style="width: 1000px">wide</div>', "overflow"),
    ],
)
def test_a_planted_fault_is_caught(browser, tmp_path, body, fault):
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><title>planted</title><link rel='icon' href='data:,'><body>{body}")
    visit = browser.visit(page.as_uri(), 400)
    found = {"strange": visit.strange(), "complaints": visit.complaints, "overflow": max(visit.overflow, 0)}
    assert found[fault]


def test_a_sound_page_is_not_blamed(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>sound</title><body><p>text<script>document.title = 'ran'</script>")
    with_scripts, without = (browser.visit(page.as_uri(), 400, scripts) for scripts in (True, False))
    for visit in (with_scripts, without):
        assert (visit.strange(), visit.complaints, visit.overflow) == ([], [], 0)
    assert "<title>ran</title>" in with_scripts.page
    assert "<title>sound</title>" in without.page
