"""Hosts for those who want some."""

import os

import pytest

from tests.cluster.hosts import missing


@pytest.fixture
def needs_hosts() -> None:
    """Skip on a laptop that can make none; CI fails."""
    if lacking := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs {', '.join(lacking)}")
        pytest.skip(f"needs {', '.join(lacking)}")
