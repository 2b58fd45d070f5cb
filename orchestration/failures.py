"""The two kinds of failure every part of the platform raises, told apart where they are known.

Belongs here: exception types, and nothing that raises them. A message says what was tried, what was found,
what to do, and never holds a value from anybody's data.
"""

from __future__ import annotations


class ImuError(Exception):
    """Any failure the platform explains in words an officer can act on."""

    retry_helps: bool = False


class Permanent(ImuError):
    """Trying again changes nothing: somebody has to mend a file, a setting or a right."""

    retry_helps = False


class Transient(ImuError):
    """The outside world was not ready: trying again later may well succeed."""

    retry_helps = True


class NotThere(Permanent):
    """An outside system says that something is not there, or hides that we may not see it."""


class WrongKey(Permanent):
    """A sealing key is missing, malformed or does not open this lake."""


class NotSealed(Permanent):
    """Plain bytes were found where the lake only allows sealed ones."""
