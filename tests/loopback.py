"""A server on this machine that behaves as badly as it is told to; tests of downloads talk to nothing else."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Asked", bytes], None]


class Asked(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        mirror = self.server.mirror
        mirror.requests.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        content, behaviours = mirror.pages.get(self.path, (b"", [not_found]))
        # The last behaviour stays.
        behaviour = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        with suppress(BrokenPipeError, ConnectionResetError):  # the other side may leave when it likes
            behaviour(self, content)

    def begin(self, status: int = 200, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        self.server.mirror.sent += len(data)

    def wanted(self) -> int:
        """The first byte that is asked for."""
        return int(re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[1])

    def log_message(self, *_: object) -> None:
        pass


class Mirror:
    """A server with pages, each with its content and its behaviours from one request to the next."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[bytes, list[Behaviour]]] = {}
        self.requests: list[tuple[str, str | None, str | None]] = []
        self.sent = 0
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.server.mirror = self
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def serve(self, path: str, content: bytes, *behaviours: Behaviour) -> str:
        """Offer a page; its address."""
        self.pages[path] = (content, list(behaviours or [serve]))
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def stop(self) -> None:
        """Shut down, so that nothing answers at these addresses any more."""
        if not self.over.is_set():
            self.over.set()
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()


def serve(asked: Asked, content: bytes, tag: str = '"one"', limit: int | None = None) -> None:
    """As a good server does: ranges are served if the version is the one that is meant."""
    start = asked.wanted()
    if start and asked.headers.get("If-Range", tag) == tag:
        if start >= len(content):
            asked.begin(416, Content_Range=f"bytes */{len(content)}", Content_Length=0)
            return
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        asked.begin(206, Content_Range=span, Content_Length=len(content) - start, ETag=tag)
    else:
        start = 0
        asked.begin(Content_Length=len(content), ETag=tag)
    asked.send(content[start:][:limit])


def cut(after: int) -> Behaviour:
    """Hang up after so many bytes."""
    return lambda asked, content: serve(asked, content, limit=after)


def stall(after: int) -> Behaviour:
    """Send so many bytes, then nothing more."""

    def behave(asked: Asked, content: bytes) -> None:
        serve(asked, content, limit=after)
        asked.server.mirror.over.wait(10)

    return behave


def ignore_range(asked: Asked, content: bytes) -> None:
    asked.begin(Content_Length=len(content))
    asked.send(content)


def other_version(asked: Asked, content: bytes) -> None:
    serve(asked, content, tag='"two"')


def without_length(asked: Asked, content: bytes) -> None:
    asked.begin()
    asked.send(content)


def status(code: int) -> Behaviour:
    """Answer with a status alone."""
    return lambda asked, content: asked.begin(code, Content_Length=0)


def lost(asked: Asked, content: bytes) -> None:
    """Send on to an address that is none."""
    asked.begin(302, Location="http://[nowhere", Content_Length=0)


def babble(asked: Asked, content: bytes) -> None:
    """Answer in another language than HTTP."""
    asked.send(b"\x00\xff 220 welcome\r\n\r\n")


def boast(asked: Asked, content: bytes) -> None:
    """Promise more bytes than a number can say."""
    asked.begin(Content_Length="9" * 5000)
    asked.send(content)


def page(kind: str) -> Behaviour:
    """Answer with a web page and status 200, whatever was asked for."""

    def behave(asked: Asked, content: bytes) -> None:
        text = b"\n<!DOCTYPE html><html><body>Too many users have viewed this file.</body></html>"
        asked.begin(Content_Length=len(text), Content_Type=kind)
        asked.send(text)

    return behave


not_found = status(404)
