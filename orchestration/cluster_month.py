"""A cluster and a month as somebody types them: the ones this operation has, or a word that says which there are.

Belongs here: what `imu check` and `imu template` ask for alike. Does not belong here: what either does with it.
"""

from __future__ import annotations

from orchestration.settings import Cluster, Operation


class WrongChoiceError(Exception):
    """No such cluster, month or file; the words say which there are."""


def chosen(operation: Operation, cluster: str, month: str) -> Cluster:
    """The cluster, if it and the month exist."""
    found = next((one for one in operation.clusters if one.code == cluster), None)
    if found is None:
        known = ", ".join(one.code for one in operation.clusters)
        raise WrongChoiceError(f"No cluster '{cluster}'. There are: {known}.")
    if month not in operation.months:
        first, last = operation.months[0], operation.months[-1]
        raise WrongChoiceError(f"No month '{month}'. They go from {first} to {last}.")
    return found
