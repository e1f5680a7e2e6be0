"""A Ray head for one machine, without the parts that only a cluster needs.

Ray starts an autoscaler monitor, a log monitor that forwards the workers' output, a dashboard of nine processes, and
two agents below the raylet: one for the dashboard, one that builds runtime environments. Here nothing scales, the
output stays in Ray's log files, there is no dashboard, and all processes share one environment. Together these parts
take half of the idle service's memory and seconds of its start. Ray has no setting for any of it, so this is Ray's own
`Node` with those steps left out; pyproject.toml pins Ray to the release for which it was written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ray._private import node as ray_node
from ray._private import services as ray_services
from ray._private import utils as ray_utils

# The raylet needs its agents: it ends when one of them does. The stand-ins end with the raylet.
_AGENT = 'sh -c "exec tail --pid=$PPID -f /dev/null"'
_RAYLET = {
    "--dashboard_agent_command": _AGENT,
    "--runtime_env_agent_command": _AGENT,
    # The raylet waits for the ports of its agents, unless they are given.
    "--dashboard_agent_listen_port": "1",
    "--metrics-agent-port": "1",
    "--metrics_export_port": "1",
    "--runtime_env_agent_port": "1",
}


class LightNode(ray_node.Node):
    """Starts GCS and raylet, and nothing else."""

    def start_monitor(self) -> None:
        """Start nothing: there are no nodes to add."""

    def start_log_monitor(self) -> None:
        """Start nothing: the workers' output stays in its files."""

    def start_api_server(self, *, include_dashboard: bool | None, raise_on_failure: bool) -> None:
        """Start nothing: there is no dashboard."""
        self._webui_url = ""

    def start_raylet(self, *args: Any, **named: Any) -> None:
        """Start the raylet with processes of 0.2 MB in place of its agents."""
        usual = ray_services.start_ray_process

        def start(command: list[str], *args: Any, **named: Any) -> Any:
            kept = [word for word in command if word.partition("=")[0] not in _RAYLET]
            return usual([*kept, *(f"{name}={value}" for name, value in _RAYLET.items())], *args, **named)

        ray_services.start_ray_process = start
        try:
            super().start_raylet(*args, **named)
        finally:
            ray_services.start_ray_process = usual


def _no_dashboard() -> ImportError:
    """Tell Ray that its dashboard is not installed, so that it loads nothing for it."""
    return ImportError("this node has no dashboard")


@contextmanager
def light() -> Iterator[None]:
    """Let `ray.init` start a LightNode within the block."""
    usual, dependencies = ray_node.Node, ray_utils.get_dashboard_dependency_error
    ray_node.Node = LightNode  # type: ignore[misc]  # looked up there by `ray.init`
    ray_utils.get_dashboard_dependency_error = _no_dashboard
    try:
        yield
    finally:
        ray_node.Node = usual  # type: ignore[misc]
        ray_utils.get_dashboard_dependency_error = dependencies
