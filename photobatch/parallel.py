"""Concurrency with a limit."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


OnProgress = Callable[[int, int], None]
"""Called with the number of finished items and the total."""


async def in_parallel(
    work: Callable[[T], Awaitable[R]], items: Collection[T], width: int, on_progress: OnProgress | None = None
) -> list[R]:
    """Return the results of all items, in order; the first error cancels the rest and is raised."""
    numbered = enumerate(items)
    results: dict[int, R] = {}

    async def lane() -> None:
        for place, item in numbered:  # all tasks share one iterator
            results[place] = await work(item)
            if on_progress:
                on_progress(len(results), len(items))

    lanes = [asyncio.ensure_future(lane()) for _ in range(width)]
    try:
        await asyncio.gather(*lanes)
    finally:
        for one in lanes:
            one.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
    return [results[place] for place in sorted(results)]
