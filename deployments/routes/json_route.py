"""Routes with a JSON body."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from deployments.wire.json_pieces import JsonError, read
from deployments.wire.problems import ApiError


class _Request(Request):
    async def json(self) -> Any:
        """Return the body; parsing it does not delay other requests."""
        body = await self.body()
        try:
            return await asyncio.to_thread(read, body)
        except JsonError as error:
            raise ApiError("invalid_json", f"The body is not valid JSON: {error}.") from None


class JsonRoute(APIRoute):
    """Parses JSON like submits: with the same limits, in a thread."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests."""
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            return await answer(_Request(request.scope, request.receive))

        return answered
