"""One request to KoBoToolbox: the session, the token, the attempts, and what each bad answer means.

Belongs here: everything about HTTP that is the same for every call, and the words for its failures. Does not belong
here: which calls there are and how their pages are followed (`kobo_api.py`).
"""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from orchestration.failures import NotThere, Permanent, Transient

Json = dict[str, Any]

_RETRY = (429, 500, 502, 503, 504)
_LONGEST_WAIT = 120.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _TokenAuth(AuthBase):
    """Puts the token into the header at the last moment, so that no session, URL or repr ever holds it."""

    def __init__(self, token: str) -> None:
        self._header = f"Token {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    def __repr__(self) -> str:
        return "<token not shown>"


class KoboHttp:
    """Answers `get` with JSON or a typed error; `sleep` is what waits between attempts."""

    def __init__(
        self,
        token: str,
        endpoint: str,
        session: requests.Session | None,
        timeout: tuple[float, float],
        attempts: int,
        sleep: Callable[[float], None],
    ) -> None:
        if not token.strip():
            raise Permanent(
                "No KoBo token is set. Without one KoBo answers an empty list instead of an error, so nothing is "
                "asked. Set the token of the service account; trying again does not help."
            )
        self.endpoint = endpoint
        self._session = session or requests.Session()
        self._session.headers.update({"User-Agent": "imu-data-platform", "Accept": "application/json"})
        self._auth = _TokenAuth(token)
        self._timeout = timeout
        self._attempts = attempts
        self._sleep = sleep

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """One GET with its attempts. Every answer that is not JSON from KoBo ends in a typed error."""
        address = self.endpoint + path
        trouble: Exception | None = None
        found = "nothing"
        for attempt in range(1, self._attempts + 1):
            wait = float(2 ** (attempt - 1))
            try:
                response = self._session.get(
                    address,
                    params=dict(params or {}),
                    auth=self._auth,
                    timeout=self._timeout,
                    allow_redirects=False,
                )
                if response.status_code not in _RETRY:
                    return _checked(response, address)
                found, trouble = f"status {response.status_code}", None
                wait = _retry_after(response, wait)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as cause:
                # The request inside holds the header with the token; nobody needs it further up.
                cause.request = None
                found, trouble = _name(cause), cause
            except _NotYetJsonError as cause:
                found, trouble = "a page that is not JSON", cause
            if attempt < self._attempts and wait <= _LONGEST_WAIT:
                self._sleep(wait)
            elif wait > _LONGEST_WAIT:
                break
        raise Transient(
            f"Asked {address} {attempt} times and got {found} at last. KoBo, a proxy or the line is not "
            "ready. Nothing was stored; trying again later helps."
        ) from trouble


class _NotYetJsonError(Exception):
    """A 200 that holds no JSON: a proxy's or a guest network's page, or an answer cut short."""


def checked_endpoint(endpoint: str) -> str:
    """The endpoint without its last slash; koboextractor's addresses want it so."""
    address = endpoint.rstrip("/")
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return address
    raise Permanent(
        "The KoBo endpoint must be https (plain http only on this machine itself), or the token would travel "
        "readable. Write it like https://HOST/api/v2; trying again does not help."
    )


def _name(cause: Exception) -> str:
    return "no answer in time" if isinstance(cause, requests.Timeout) else "a broken connection"


def _retry_after(response: requests.Response, otherwise: float) -> float:
    """Seconds the server asks us to wait; its date form is read against the server's own clock, not ours."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    until, now = (email.utils.parsedate_tz(value) for value in (text, response.headers.get("Date", "")))
    if until and now:
        return max(0.0, float(email.utils.mktime_tz(until) - email.utils.mktime_tz(now)))
    return otherwise


def _checked(response: requests.Response, address: str) -> Json:
    """The JSON of a 200, or the error that says what the officer can do."""
    if response.status_code != 200:
        kind = NotThere if response.status_code == 404 else Permanent
        raise kind(
            _REFUSALS.get(response.status_code, _OTHER).format(address=address, status=response.status_code)
        )
    if "json" not in response.headers.get("Content-Type", ""):
        raise _NotYetJsonError
    try:
        content = response.json()
    except ValueError as cause:
        raise _NotYetJsonError from cause
    if not isinstance(content, dict):
        raise Permanent(_OTHER.format(address=address, status=200))
    return content


_REFUSALS = {
    400: "Asked {address} and KoBo refused the parameters (400), or the form was never deployed. Deploy the form or "
    "correct the query; trying again does not help.",
    401: "Asked {address} and KoBo does not know the token (401). Set the token of the service account anew; trying "
    "again does not help.",
    403: "Asked {address} and the account may not do this (403). Ask the form's owner for the right; trying again "
    "does not help.",
    404: "Asked {address} and KoBo says it is not there (404). That is also what KoBo says when the account lost the "
    "right to see it: check the asset's uid and its sharing (view form, view submissions). Nothing may be taken for "
    "deleted; trying again does not help.",
}
_OTHER = (
    "Asked {address} and got status {status} instead of KoBo's JSON. Check the endpoint (https://HOST/api/v2); "
    "trying again does not help."
)
