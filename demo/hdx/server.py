"""The HTTP side of the demo's HDX: actions, downloads, the lists the library wants, pages, the fault switch.

Belongs here: from a request to an answer, on 127.0.0.1 only. Does not belong here: what an action does (`actions.py`).
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.hdx import pages, show
from demo.hdx.actions import ACTIONS
from demo.hdx.call import ActionError, Call
from demo.hdx.faults import Fault, Faults
from demo.hdx.multipart import BadBodyError, fields
from demo.hdx.reference import TAGS, formats_json
from demo.hdx.storage import Storage

MAX_BODY = 300 * 2**20  # HDX's own limit for a file
DOWNLOAD = re.compile(r"/dataset/[^/]+/resource/([^/]+)/download(?:/.*)?")
ACTION = re.compile(r"/api/(?:\d/)?action/(\w+)")
READ_ONLY = re.compile(r".*(_show|_list|_search|_list_for_user|_info)")


class HdxServer:
    """The stand-in, running in threads of this process; use it in a `with` statement, or `start()` and `stop()`."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.storage = Storage(folder)
        self.faults = Faults()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.site = self
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.storage.remember_address(self.url)

    @property
    def credentials(self) -> dict[str, str]:
        """Return address, keys and ids, named as in the test harness of the real CKAN."""
        return dict(self.storage.credentials)

    def serve(self) -> None:
        """Answer until stopped."""
        self._http.serve_forever(poll_interval=0.05)

    def start(self) -> None:
        """Answer in the background."""
        from threading import Thread

        self._thread = Thread(target=self.serve, name="demo-hdx", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> HdxServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    site: HdxServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a caller hung up before the answer; tell everything else."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the demo's terminal belongs to the demo."""

    def do_GET(self) -> None:
        """Answer a page, a file, a list, or an action that only reads."""
        address = urlsplit(self.path)
        action = ACTION.fullmatch(address.path)
        download = DOWNLOAD.fullmatch(address.path)
        if action and READ_ONLY.fullmatch(action[1]):
            self._suffer(action[1], lambda: self._act(action[1], dict(parse_qsl(address.query))))
        elif download:
            self._suffer("download", lambda: self._download(unquote(download[1])))
        elif address.path == "/demo/fault":
            self._json(200, self.server.site.faults.pending())
        elif address.path.startswith("/hdxsim/"):
            self._list(address.path.removeprefix("/hdxsim/"))
        else:
            self._page(unquote(address.path))

    def do_POST(self) -> None:
        """Answer an action, or set a fault."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            self._text(413, "The request is too large", "text/plain")
            return
        body = self.rfile.read(length)
        path = urlsplit(self.path).path
        action = ACTION.fullmatch(path)
        if path == "/demo/fault":
            self._set_fault(body)
        elif not action:
            self._text(404, "Not found", "text/plain")
        else:
            self._suffer(action[1], lambda: self._posted(action[1], body))

    def _suffer(self, action: str, work: Any) -> None:
        """Do the work, unless a fault is waiting for this action."""
        fault = self.server.site.faults.take(action)
        if fault is None:
            self._answer(*work())
        elif fault.when == "slow":
            time.sleep(fault.seconds)
            self._answer(*work())
        else:
            if fault.when == "after":
                work()
            self._break(fault)

    def _break(self, fault: Fault) -> None:
        if fault.status:
            self._text(fault.status, "<html><body>simulated gateway error</body></html>", "text/html")
        self.close_connection = True

    def _posted(self, action: str, body: bytes) -> tuple[int, bytes, str]:
        try:
            data = fields(self.headers.get("Content-Type") or "application/json", body)
        except BadBodyError as error:
            return _as_json(400, str(error))
        return self._act(action, data)

    def _act(self, name: str, data: Mapping[str, Any]) -> tuple[int, bytes, str]:
        action = ACTIONS.get(name)
        if action is None:
            return _as_json(400, f"Bad request - Action name not known: {name}")
        storage = self.server.site.storage
        call = Call(storage, self._user(), datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"))
        answer: dict[str, Any] = {"help": f"{call.url}/api/3/action/help_show?name={name}"}
        try:
            with storage.lock:
                return _as_json(200, answer | {"success": True, "result": action(call, data)})
        except ActionError as error:
            return _as_json(error.status, answer | {"success": False, "error": error.errors})

    def _user(self) -> str:
        token = self.headers.get("Authorization") or self.headers.get("X-CKAN-API-Key") or ""
        return self.server.site.storage.user_of(token)

    def _download(self, resource_id: str) -> tuple[int, bytes, str]:
        storage = self.server.site.storage
        found = storage.find_resource(resource_id)
        hidden = found is not None and found[0]["private"] and not Call(storage, self._user(), "").member
        if found is None or hidden or not found[1].get("blob"):
            return 404, pages.missing().encode(), "text/html"
        with storage.lock:
            path = storage.blob(found[1]["blob"])
            if not path.exists():  # CKAN answers 500 as well when the disk lost a file
                return 500, b"Internal server error", "text/plain"
            return 200, path.read_bytes(), guess_type(found[1]["url"])[0] or "application/octet-stream"

    def _set_fault(self, body: bytes) -> None:
        faults = self.server.site.faults
        try:
            described = json.loads(body)
            if described == {"clear": True}:
                faults.clear()
            else:
                faults.add(described)
        except (ValueError, TypeError) as error:
            self._json(400, {"error": str(error)})
        else:
            self._json(200, faults.pending())

    def _list(self, name: str) -> None:
        if name == "resource_formats.json":
            self._json(200, formats_json())
        elif name == "tags.csv":
            self._text(200, "".join(f"{tag}\n" for tag in TAGS), "text/csv")
        elif name == "tags_mapping.csv":
            rows = "".join(f"{tag},ok,\n" for tag in TAGS)
            self._text(200, "Current Tag,Action to Take,New Tag(s)\n" + rows, "text/csv")
        else:
            self._text(404, "Not found", "text/plain")

    def _page(self, path: str) -> None:
        storage = self.server.site.storage
        with storage.lock:
            public = [show.dataset(item, self.server.site.url) for item in storage.public()]
            private = sum(item["private"] for item in storage.datasets.values())
        if path in {"/", "/dataset", "/dataset/"}:
            self._text(200, pages.catalogue(public, private), "text/html")
            return
        for item in public:
            if path.removeprefix("/dataset/").partition("/")[0] in {item["name"], item["id"]}:
                self._text(200, pages.dataset(item), "text/html")
                return
        self._text(404, pages.missing(), "text/html")

    def _json(self, status: int, value: object) -> None:
        self._answer(*_as_json(status, value))

    def _text(self, status: int, text: str, kind: str) -> None:
        self._answer(status, text.encode(), f"{kind}; charset=utf-8")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(content)


def _as_json(status: int, value: object) -> tuple[int, bytes, str]:
    return status, json.dumps(value).encode(), "application/json;charset=utf-8"
