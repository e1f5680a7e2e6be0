"""Ports that a server is given differ from the one that it was told to listen at."""

from deployments import ports

MANY = 1000  # so that there are few rows to choose from


def test_a_row_does_not_hold_the_port_that_somebody_will_listen_at() -> None:
    first = ports.free_row(MANY)
    assert first not in {ports.free_row(MANY, besides=first + 7) for _ in range(100)}
