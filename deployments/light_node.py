"""A Ray head for one machine, without the parts that only a cluster needs.

Ray starts an autoscaler's monitor, a log monitor that forwards the workers' output, and a dashboard of nine processes
before `ray.init` returns: a quarter of an idle service's memory, and seconds of its start. Here nothing scales, the
output stays in Ray's log files, and the dashboard starts when somebody asks for it (`dashboard_door.py`). Ray has no
setting for any of it: this is its own `Node` with three steps left out, and pyproject.toml pins Ray to the release
that it was written for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import ray
from ray._private import node as ray_node


class LightNode(ray_node.Node):
    """Starts GCS and raylet with its agents; the rest of a head when it is asked for."""

    def start_monitor(self) -> None:
        """Start nothing: there are no nodes to add."""

    def start_log_monitor(self) -> None:
        """Start nothing: nobody reads the workers' output but from its files."""

    def start_api_server(self, *, include_dashboard: bool | None, raise_on_failure: bool) -> None:
        """Start nothing yet; see `start_dashboard`."""
        self._webui_url = ""

    def start_dashboard(self, port: int) -> None:
        """Start Ray's dashboard and wait until it answers; raises an Exception when it does not."""
        self._ray_params.dashboard_port = port  # type: ignore[assignment]  # Ray says bool and means int
        super().start_api_server(include_dashboard=True, raise_on_failure=True)


@contextmanager
def light() -> Iterator[None]:
    """Let `ray.init` start a LightNode within the block."""
    usual = ray_node.Node
    ray_node.Node = LightNode  # type: ignore[misc]  # looked up there by `ray.init`
    try:
        yield
    finally:
        ray_node.Node = usual  # type: ignore[misc]


def started() -> LightNode:
    """Return the node that `ray.init` started within `light`."""
    node = ray._private.worker._global_node
    if not isinstance(node, LightNode):
        raise RuntimeError("Ray was not started by this process.")
    return node
