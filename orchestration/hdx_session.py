"""How hdx-python-api is held: to this computer, to a time limit, to one configuration, to words an officer can act on.

Belongs here: the latch on hosts, the HTTP session, the library's global state, its errors as ours.
Does not belong here: what is published (`hdx_checks.py`) and how (`hdx_api.py`).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from orchestration.failures import ImuError, Permanent, Transient
from orchestration.hdx_checks import FORMATS

BUSY = frozenset({429, 500, 502, 503, 504})
NOWHERE = "http://127.0.0.1:9/nothing-is-fetched-from-outside"
LISTS = ("formats_mapping_url", "tags_list_url", "tags_mapping_url")
# the library keeps configuration and lists in class attributes: one publisher at a time may use it
_LIBRARY = threading.RLock()


class NameTakenError(Permanent):
    """HDX says that a dataset of this name exists already: perhaps ours, of a call whose answer was lost."""


class NotAllowedError(Permanent):
    """HDX does not let this key do it."""


class _BusyError(requests.RequestException):
    """HDX, or what stands before it, answered that it cannot answer now."""


def is_loopback(url: str) -> bool:
    """Tell whether an address is this computer, by what is written: no name but "localhost" is looked up."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def literal(url: str) -> str:
    """Return the address with "localhost" written as 127.0.0.1, so that no hosts file can send it elsewhere."""
    parts = urlsplit(url.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Permanent("the address of HDX must look like https://host, without user, query or fragment")
    if parts.hostname != "localhost":
        return parts.geturl()
    return parts._replace(netloc=f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1").geturl()


class _Adapter(HTTPAdapter):
    """Every request passes here: the latch cannot be walked around by a redirect or by another part of the library."""

    def __init__(self, timeouts: tuple[float, float], loopback_only: bool) -> None:
        super().__init__(max_retries=0)  # a POST is never repeated blindly: whether it was done is read back first
        self._timeouts = timeouts
        self._loopback_only = loopback_only

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self._loopback_only and not is_loopback(request.url or ""):
            raise Permanent("a request was about to leave this computer; it was not sent")
        kwargs["timeout"] = self._timeouts
        response = super().send(request, *args, **kwargs)
        if response.status_code in BUSY and "/api/action/" in (request.url or ""):
            raise busy(response.status_code)
        return response


UNANSWERED = (
    requests.Timeout,
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    _BusyError,
)


@dataclass(frozen=True)
class Connection:
    """Where HDX is and who we are there. The key is in no repr and in no message."""

    url: str
    key: str = field(repr=False)
    user_agent: str
    timeouts: tuple[float, float]
    lists: Mapping[str, str]
    attempts: int
    wait_seconds: float

    def refuse_foreign_lists(self) -> None:
        """Refuse a list from a host that is neither this computer nor HDX itself."""
        for name, address in self.lists.items():
            known = is_loopback(address) or urlsplit(address).hostname == urlsplit(self.url).hostname
            if name not in LISTS or not known:
                raise Permanent(f"{name} must be one of {', '.join(LISTS)}, on HDX's own host or on this computer")

    @contextmanager
    def library(self) -> Iterator[Session]:
        """Yield the library, configured for us while in use and as it was before afterwards."""
        with _LIBRARY:
            # read by ckanapi when it is first imported; the adapter holds later imports to it too
            os.environ.setdefault("CKANAPI_REQUEST_TIMEOUT", str(max(1, round(self.timeouts[0]))))
            os.environ.setdefault("CKANAPI_REQUEST_READ_TIMEOUT", str(max(1, round(self.timeouts[1]))))
            from hdx.api.configuration import Configuration, ConfigurationError

            try:
                before = Configuration.read()
            except ConfigurationError:
                before = None
            configuration = self._configuration(Configuration)
            Configuration.setup(configuration)
            try:
                self._seed_lists()
                yield Session(self, configuration)
            finally:
                configuration.get_session().close()
                Configuration.setup(before) if before is not None else Configuration.delete()

    def _configuration(self, kind: Any) -> Any:
        configuration = kind(
            hdx_url=self.url,
            hdx_key=self.key,
            user_agent=self.user_agent,
            hdx_read_only=False,
            hdx_config_dict={"hdx_read_only": False},  # else a file in the home folder is read
            project_config_dict=dict.fromkeys(LISTS, NOWHERE) | dict(self.lists),
        )
        configuration.setup_session_remoteckan()
        session = configuration.get_session()
        local = is_loopback(self.url)
        session.trust_env = not local  # a proxy from the environment would carry the data off this computer
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(self.timeouts, loopback_only=local))
        return configuration

    def _seed_lists(self) -> None:
        """Give the library the lists it would else fetch from two hosts that are not HDX."""
        from hdx.data.resource import Resource
        from hdx.location.country import Country

        Country.countriesdata(use_live=False)
        Resource.set_formatsdict(None if "formats_mapping_url" in self.lists else {name: name for name in FORMATS})

    def use_tags(self, approved: Mapping[str, Any]) -> None:
        """Let the library approve the tags of HDX's live vocabulary, and nothing else."""
        from hdx.data.vocabulary import Vocabulary

        Vocabulary._approved_vocabulary = Vocabulary(dict(approved))
        kept = {tag["name"]: {"Action to Take": "ok", "New Tag(s)": ""} for tag in approved["tags"]}
        Vocabulary.set_tagsdict(None if "tags_mapping_url" in self.lists else kept)

    def explained(self, doing: str, work: Callable[[], Any]) -> Any:
        """Do the work; whatever the library raises becomes Permanent or Transient, without the key in it."""
        try:
            return work()
        except ImuError:
            raise
        except Exception as error:  # noqa: BLE001 - the library wraps everything in its own HDXError
            raise self._explain(error, doing) from (None if self._shows_key(error) else error)

    def _explain(self, error: BaseException, doing: str) -> ImuError:
        from ckanapi.errors import NotAuthorized, NotFound, ValidationError

        for cause in _chain(error):
            if isinstance(cause, ImuError):
                return type(cause)(str(cause))
            if isinstance(cause, ValidationError):
                return self._invalid(cause.error_dict, doing)
            if isinstance(cause, NotAuthorized):
                return NotAllowedError(
                    f"{doing}: HDX says this account may not. Check that the key is not expired and that its account "
                    "is editor or admin of the organisation. Trying again does not help."
                )
            if isinstance(cause, NotFound):
                return Permanent(f"{doing}: HDX says it does not exist. Trying again does not help.")
            if isinstance(cause, UNANSWERED):
                return Transient(
                    f"{doing}: HDX did not answer properly ({_kind(cause)}). Whether it was done is unknown; "
                    "publishing again is safe, as what is there is read first."
                )
        text = self._without_key(str(error))[:300]
        return Permanent(f"{doing}: unexpected answer from HDX: {text}")

    def _invalid(self, errors: Mapping[str, Any], doing: str) -> ImuError:
        told = {name: value for name, value in errors.items() if name != "__type"}
        if "already in use" in str(told.get("name", "")):
            return NameTakenError(f"{doing}: HDX says that the name is taken")
        if set(told) == {"match"}:
            return Transient(f"{doing}: somebody else changed it between reading and writing; publish again")
        text = self._without_key("; ".join(f"{name}: {value}" for name, value in sorted(told.items())))[:1000]
        return Permanent(f"{doing}: HDX refused it: {text}. Mend these fields, then publish again.")

    def _without_key(self, text: str) -> str:
        return text.replace(self.key, "***") if self.key else text

    def _shows_key(self, error: BaseException) -> bool:
        return bool(self.key) and any(self.key in f"{cause} {cause.args}" for cause in _chain(error))


@dataclass(frozen=True)
class Session:
    """One use of the library: what asks, asks again, and tells what went wrong."""

    connection: Connection
    configuration: Any

    def ask(self, action: str, data: Mapping[str, Any]) -> Any:
        """Call an action that only reads; None if HDX says that it does not exist."""
        from ckanapi.errors import NotFound

        def call() -> Any:
            try:
                return self.configuration.call_remoteckan(action, dict(data))
            except NotFound:
                return None

        return self.patiently(f"asking HDX ({action})", call)

    def patiently(self, doing: str, work: Callable[[], Any]) -> Any:
        """Do something that may be repeated without harm, again if HDX did not answer."""
        for attempt in range(1, self.connection.attempts):
            try:
                return self.connection.explained(doing, work)
            except Transient:
                self.wait(attempt)
        return self.connection.explained(doing, work)

    def wait(self, attempt: int) -> None:
        """Give HDX time to recover, longer after each attempt."""
        time.sleep(self.connection.wait_seconds * 2 ** (attempt - 1))


def _kind(cause: BaseException) -> str:
    if isinstance(cause, _BusyError):
        return str(cause)
    return "no answer in time" if isinstance(cause, requests.Timeout) else "the connection broke"


def busy(status: int) -> Exception:
    """Return the error for an answer that says: not now."""
    return _BusyError(f"HTTP {status}")


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and what caused it, the last cause last."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or following.__context__
    return chain
