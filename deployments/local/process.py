"""`python -m deployments.local.process`: the service process, as the supervisor starts it.

The supervisor passes the listening socket, and one end of a socket pair for messages to it.
"""

import argparse
import logging
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from deployments.local.cores import usable_workers
from deployments.local.link import Message, send

log = logging.getLogger(__name__)


def main() -> int:
    """Serve; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--link", type=int, required=True, help="file descriptor of the socket to the supervisor")
    parser.add_argument("--scratch", type=Path, required=True, help="folder of this life alone")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--restarts", type=int, default=0, help="how often the supervisor has started it anew")
    parser.add_argument("--reason", help="why it last did")
    given = parser.parse_args()
    link = socket.socket(fileno=given.link)
    try:
        return _serve(given, link)
    except Exception as error:
        log.exception("the service failed")
        with suppress(OSError):
            send(link, Message("failed", _first_line(error)))
        os._exit(1)  # a thread that waits for Ray would keep the process alive


def _serve(given: argparse.Namespace, link: socket.socket) -> int:
    # Imported here, so that the supervisor is told of a damaged installation.
    from deployments.settings import (  # noqa: PLC0415
        SettingsError,
        forget_secrets,
        load_settings,
        prepare_ray_environment,
    )

    prepare_ray_environment()  # Ray reads it on import, and the rest imports Ray
    from actors import logs  # noqa: PLC0415
    from deployments import compose  # noqa: PLC0415
    from deployments.local.http_server import allow_connections  # noqa: PLC0415
    from deployments.local.service import Service  # noqa: PLC0415
    from deployments.services import Restarts  # noqa: PLC0415

    try:
        settings = load_settings()
    except SettingsError as error:
        send(link, Message("refused", str(error)))
        return 1
    logs.begin(settings.logs, process="serve")
    forget_secrets()  # workers decode untrusted files
    allow_connections()
    settings = compose.with_workers(settings, given.workers, usable_workers())
    Service(settings, socket.socket(fileno=given.listener), link, Restarts(given.restarts, given.reason)).run(
        given.scratch
    )
    return 0


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.300}"


if __name__ == "__main__":
    sys.exit(main())
