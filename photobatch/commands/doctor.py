"""The checks of `photobatch doctor` on any machine: the installation, and the configured service."""

import platform
from collections.abc import Iterator
from pathlib import Path

from photobatch import __version__, server_code
from photobatch.address import Address, is_chosen
from photobatch.commands.service import ANSWER_S, sentence_of
from photobatch.engine import installed
from photobatch.engine.finding import Finding, ok
from photobatch.errors import PhotoBatchError, UnauthorizedError
from photobatch.refusal import RefusalError
from photobatch.schemas import Health
from photobatch.sync import PhotoBatch


def examine(url: str | None, api_key: str | None) -> Iterator[Finding]:
    """Yield the findings, the slow checks last."""
    here = installed.is_server_here()
    yield _installation(here)
    yield _service(url, api_key, here)
    if here:
        yield from _server()


def examine_cluster(file: Path) -> Iterator[Finding]:
    """Yield the findings on a cluster file for `ray up`."""
    try:
        yield from installed.examine_cluster(file)
    except RefusalError as error:
        yield Finding("server", "wrong", error.sentence)


def _installation(server_is_here: bool) -> Finding:
    python = f"photobatch {__version__}, Python {platform.python_version()}"
    if server_is_here:
        return ok("photobatch", f"{python}, client and server")
    return ok("photobatch", f"{python}, the client only. For run and serve: {server_code.how_to_install()}")


def _service(url: str | None, api_key: str | None, server_is_here: bool) -> Finding:
    """Check that the service answers, accepts the key, and is healthy."""
    try:
        where = Address.find(url, api_key).url
        with PhotoBatch(url, api_key, max_retries=0, timeout=ANSWER_S) as client:
            health = client.health()
            client.stats()  # health needs no key
    except UnauthorizedError as error:
        return Finding("service", "wrong", sentence_of(error), "Give its key: --api-key, or PHOTOBATCH_API_KEY.")
    except PhotoBatchError as error:
        if error.code == "unreachable" and not is_chosen(url):
            return _none_here(where, server_is_here)
        return Finding("service", "wrong", sentence_of(error), "Correct --url or PHOTOBATCH_URL, or start the service.")
    return _well(health, where)


def _none_here(where: str, server_is_here: bool) -> Finding:
    found = f"none was named, and none answers at {where}"
    if server_is_here:
        return ok("service", f"{found}; `photobatch serve` starts one, `photobatch run` needs none")
    return Finding("service", "wrong", found, "Say where it is: --url, or PHOTOBATCH_URL.")


def _well(health: Health, where: str) -> Finding:
    found = f"{where} answers: {health.status}, version {health.version}"
    if health.reason:
        found += f", {health.reason}"
    if health.status == "unavailable":
        return Finding("service", "wrong", found, "Whoever runs it finds the reason in docs/operations.md.")
    if health.status == "starting":
        return Finding("service", "warning", found, "Wait a moment.")
    if health.version != __version__:
        advice = f"This is {__version__}: install the version that the service has."
        return Finding("service", "warning", found, advice)
    return ok("service", found)


def _server() -> Iterator[Finding]:
    try:
        yield from installed.examine_server()
    except RefusalError as error:
        yield Finding("server", "wrong", error.sentence)
