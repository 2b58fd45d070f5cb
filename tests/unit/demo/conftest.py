"""The demo's tests at the size of a country are long; those at size small say the same in seconds."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "demo" and "country" in item.name.partition("[")[2]:
            item.add_marker(pytest.mark.long)
