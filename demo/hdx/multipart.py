"""Reads the body of a request: JSON, a form, or multipart with files, as hdx-python-api sends them.

Belongs here: bytes to fields. Does not belong here: what the fields mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl


class BadBodyError(Exception):
    """The body is not what its content type promises."""


@dataclass(frozen=True)
class Upload:
    """One file of a multipart request."""

    name: str
    content: bytes


def fields(content_type: str, body: bytes) -> dict[str, Any]:
    """Return the fields of a request body; a file is an `Upload`, everything else text or JSON."""
    headers = BytesHeaderParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode("latin-1"))
    kind = headers.get_content_type()
    if kind == "multipart/form-data":
        return _multipart(str(headers.get_param("boundary") or ""), body)
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise BadBodyError("Bad request - JSON Error: Error decoding JSON data.") from error
    if not isinstance(found, dict):
        raise BadBodyError("Bad request - JSON Error: Request data JSON decoded was not a dictionary.")
    return found


def _multipart(boundary: str, body: bytes) -> dict[str, Any]:
    if not boundary:
        raise BadBodyError("Bad request - multipart without a boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"))
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadBodyError("Bad request - multipart that does not end")
    return dict(_part(piece) for piece in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, Any]:
    head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = BytesHeaderParser(policy=HTTP).parsebytes(head + b"\r\n\r\n")
    name = headers.get_param("name", header="content-disposition")
    if not found or not isinstance(name, str):
        raise BadBodyError("Bad request - multipart with a part without a name")
    file_name = headers.get_filename()
    return name, content.decode("utf-8") if file_name is None else Upload(file_name, content)
