"""The demo's KoBo server on loopback: sockets, faults and the demo's own switches (clock, dialect).

Belongs here: reading a request, sending a reply (or failing to, on demand), starting and stopping. Does not belong
here: what the answer is (`routes.py`). It writes no log: a request line can hold an identifier of an interview.

Switches, for people and tests: `POST /demo/clock {"now": iso}`, `POST /demo/fault {…}` (see `faults.py`),
`POST /demo/dialect {"dialect": "2026-08" | "2026-02"}`, `POST /demo/reset` (forget faults and their traces).
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from demo.kobo import pages
from demo.kobo.accounts import token_of
from demo.kobo.faults import Fault, Faults, read_fault
from demo.kobo.project import KoboProject, parse_time
from demo.kobo.routes import BAD_TOKEN, NOT_FOUND, Reply, Request, answer, html_reply, json_reply
from demo.kobo.state import DIALECTS, Playback


class KoboServer:
    """A server for one project; use it as a context manager, or `start()` and `stop()`.

    `requests` holds the last calls as `"GET path?query"`, never a header.
    """

    def __init__(self, project: KoboProject, now: str | None = None, dialect: str = "2026-08", port: int = 0) -> None:
        self.state = Playback(project, parse_time(now) if now else None, dialect)
        self.faults = Faults()
        self.requests: deque[str] = deque(maxlen=5000)
        self.lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"kobo": self}))
        self._http.daemon_threads = True
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def endpoint(self) -> str:
        """What KoboExtractor calls the endpoint."""
        return f"{self.url}/api/v2"

    def token(self, name: str = "imu") -> str:
        """The demo token of a user."""
        return token_of(name)

    def start(self) -> KoboServer:
        """Serve in a background thread."""
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and give the port back."""
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    def __enter__(self) -> KoboServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def set_clock(self, now: str) -> None:
        """Show the state as of this moment."""
        with self.lock:
            self.state.now = parse_time(now)

    def order_fault(self, **order: Any) -> None:
        """Take an order for a fault; rows that are to appear later go missing now."""
        fault = read_fault(order)
        with self.lock:
            self.faults.add(fault)
            if fault.kind == "appear":
                for uid in self._targets(fault):
                    self.state.late |= {(uid, number) for number in self._pick(uid, fault, fault.times)}

    def _targets(self, fault: Fault) -> list[str]:
        named = [uid for uid in self.state.assets if uid in fault.path]
        return named or list(self.state.assets)

    def _pick(self, uid: str, fault: Fault, count: int) -> list[int]:
        ids = [int(row["_id"]) for row in self.state.rows(self.state.assets[uid])]
        return ids[:count] if fault.which == "first" else ids[-count:]

    def after_answer(self, fault: Fault) -> None:
        """What happens on the server once the reader has its answer."""
        for uid in self._targets(fault):
            if fault.kind == "vanish":
                self.state.vanished |= {(uid, number) for number in self._pick(uid, fault, 1)}
            elif fault.kind == "appear":
                self.state.late -= set(sorted(mark for mark in self.state.late if mark[0] == uid)[:1])

    def switch(self, path: str, body: dict[str, Any]) -> Reply:
        """The demo's own switches."""
        actions: dict[str, Callable[[], None]] = {
            "/demo/clock": lambda: self.set_clock(str(body["now"])),
            "/demo/fault": lambda: self.order_fault(**body),
            "/demo/dialect": lambda: self._set_dialect(str(body["dialect"])),
            "/demo/reset": self._reset,
        }
        if path not in actions:
            return NOT_FOUND
        try:
            actions[path]()
        except (KeyError, TypeError, ValueError) as cause:
            return json_reply({"detail": f"not understood: {cause}"}, 400)
        return json_reply({"now": self.state.now.isoformat(), "dialect": self.state.dialect.name})

    def _set_dialect(self, name: str) -> None:
        with self.lock:
            self.state.dialect = DIALECTS[name]

    def _reset(self) -> None:
        with self.lock:
            self.faults.clear()
            self.state.vanished.clear()
            self.state.late.clear()


def _fault_reply(fault: Fault) -> Reply | None:
    """The answer a fault puts in place of the real one, if it does."""
    wait = str(fault.retry_after)
    replies = {
        "429": json_reply(
            {"detail": f"Request was throttled. Expected available in {wait} seconds."}, 429, Retry_After=wait
        ),
        "500": html_reply(pages.SERVER_ERROR_HTML, 500),
        "502html": html_reply(pages.GATEWAY_HTML, 502),
        "404": NOT_FOUND,
        "401": BAD_TOKEN,
        "html200": html_reply(pages.PORTAL_HTML, 200),
    }
    return replies.get(fault.kind)


class _Handler(BaseHTTPRequestHandler):
    """One connection; `kobo` is set by the server that owns it."""

    kobo: KoboServer
    protocol_version = "HTTP/1.1"
    # Without it each small keep-alive answer waits 40 ms for the other side's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        try:
            body = json.loads(text or b"{}")
        except ValueError:
            body = {}
        self._send(self.kobo.switch(urlsplit(self.path).path, body), cut=False)

    def _serve(self) -> None:
        with self.kobo.lock:
            self.kobo.requests.append(f"{self.command} {self.path}")
            fault = self.kobo.faults.meet(self.path)
            reply = (_fault_reply(fault) if fault else None) or answer(self.kobo.state, self._request())
            if fault:
                self.kobo.after_answer(fault)
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        self._send(reply, cut=bool(fault and fault.kind == "cut"))

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(self.command, parts.path, params, self.kobo.url, self.headers.get("Authorization"))

    def _send(self, reply: Reply, cut: bool) -> None:
        try:
            self.send_response(reply.status)
            if reply.status != 204:
                self.send_header("Content-Type", reply.content_type)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
            self.wfile.flush()
        except ConnectionError:
            # The reader gave up waiting; that is what `slow` is for.
            self.close_connection = True
        self.close_connection = self.close_connection or cut
