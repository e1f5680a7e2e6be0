"""Updates of a batch, and their messages: made and encoded once for all clients."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import PrivateAttr

from deployments.wire import wire
from photobatch import schemas

PAGE = 500  # photos in a message


class Message(schemas.ProgressMessage):
    """A message that caches its JSON, because several clients may get it."""

    _json: str | None = PrivateAttr(None)

    def encoded(self) -> str:
        """Return it as JSON; a ping is its type alone."""
        if self._json is None:
            self._json = self.model_dump_json(exclude_unset=self.type == "ping")
        return self._json


@dataclass(slots=True)
class Update:
    """A batch, and photos that changed since some version, by index. Immutable."""

    batch: schemas.Batch
    photos: dict[int, schemas.Photo]
    ended: bool
    _pages: list[Message] | None = field(default=None, init=False)
    _pages_since: int | None = field(default=None, init=False)

    @property
    def version(self) -> int:
        """The batch's version."""
        return self.batch.version

    def then(self, later: "Update") -> "Update":
        """Return both merged: the later batch, each photo's later state."""
        return Update(later.batch, {**self.photos, **later.photos}, later.ended)

    def pages(self, since: int | None) -> list[Message]:
        """Return its messages; consecutive calls with the same version get the same objects.

        All but the last have `more` and the version with which the client could return, because it has not seen
        all of the new version yet.
        """
        if self._pages is None or (since != self._pages_since and len(self._pages) > 1):
            self._pages, self._pages_since = self._made_pages(since), since
        return self._pages

    def _made_pages(self, since: int | None) -> list[Message]:
        photos = [self.photos[index] for index in sorted(self.photos)]
        slices = [photos[first : first + PAGE] for first in range(0, len(photos), PAGE)] or [[]]
        last = len(slices) - 1
        return [
            Message(
                type="progress",
                version=self.version if place == last else since,
                batch=self.batch,
                photos=part,
                more=place != last,
            )
            for place, part in enumerate(slices)
        ]


def read_update(told: dict[str, Any]) -> Update:
    """Return the coordinator's answer to `watch` as an update."""
    batch = wire.batch(told["batch"])
    photos = {view["index"]: wire.photo(batch.task_id, view) for view in told["photos"]}
    return Update(batch, photos, told["ended"])
