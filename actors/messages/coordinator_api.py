"""What the coordinator answers to other processes: the ingress, workers, and the engine of `photobatch run`."""

from typing import Protocol

from actors.messages.records import BatchSpec, Done, Grant, Json, PhotoSpec, Share, Visit


class CoordinatorApi(Protocol):
    """The calls that are served under the coordinator's name.

    The actor carries them out; `actors.client.CoordinatorClient` passes them on. A caller whose answer was lost makes
    the same call again, so each of them can be repeated. Refusals are BatchErrors, whose codes are named here.
    An answer that speaks of something recorded waits until that is durable: each may be refused with
    `journal_unavailable`, and with `journal_behind` while the journal is older than it was. The client adds
    `unavailable`, for a coordinator that did not answer.
    """

    # --- batches --------------------------------------------------------------------------------------------------

    async def reserve(self, key: str, owner: str, user: str | None = None) -> None:
        """Claim an idempotency key for a request while it is read; raises `idempotency_in_progress`."""

    async def release(self, key: str, user: str | None = None) -> None:
        """Give a claimed key back."""

    async def submit(self, spec: BatchSpec, photos: list[PhotoSpec]) -> Json:
        """Accept a batch; a spec with a known task id or idempotency key returns the batch that is there.

        Raises `queue_full`, `too_many_photos`, `no_photos`, `idempotency_mismatch`, `storage_full`. What was refused
        does not come later, unless the coordinator dies in the moment in which the journal is back: then a repeat
        under the same key finds it.
        """

    async def append(self, task_id: str, photos: list[PhotoSpec], at: int | None = None) -> Json:
        """Add photos to an open batch and return it; `at`: how many photos it had before, so that none comes twice.

        Raises `not_found`, `batch_closed`, `append_conflict`, and as `submit`.
        """

    async def adjust(self, task_id: str, index: int, params: Json | None) -> Json:
        """Have a photo that has ended computed again with these parameters of its own, and return it.

        Raises `not_found`, `photo_active`.
        """

    async def rename(self, task_id: str, name: str | None) -> Json:
        """Give a batch another name, and return it; raises `not_found`."""

    async def get(self, task_id: str) -> Json:
        """Return a batch; raises `not_found`."""

    async def list_batches(self, user_id: str | None, status: str | None, limit: int, cursor: str | None) -> Json:
        """Return a page of batches, newest first: `items`, and `next_cursor` where there are more."""

    async def photos(self, task_id: str, status: str | None, limit: int, cursor: str | None) -> Json:
        """Return a page of a batch's photos in their order, as `list_batches` does; raises `not_found`."""

    async def photo(self, task_id: str, index: int) -> Json:
        """Return one photo; raises `not_found`."""

    async def watch(
        self, task_id: str, since: int, timeout_s: float, *, timings: bool = False, gather_s: float = 0.0
    ) -> Json | None:
        """Wait until a batch moves past a version; None when it stood still for `timeout_s`.

        It answers after `gather_s` at the earliest, with all changes until then, unless the batch ends.

        Returns `batch`, `ended`, and `photos`: those that changed after `since`, none where that is 0. `timings` adds
        what their stages took. Raises `not_found`, also when the batch is deleted meanwhile.
        """

    async def control(self, task_id: str, action: str) -> Json:
        """Pause, resume, cancel, retry or close a batch, and return it; raises `bad_transition`, `not_found`."""

    async def delete(self, task_id: str) -> None:
        """Cancel a batch and hide it at once; its blobs and its records go afterwards. Raises `not_found`."""

    # --- presets and LUTs that people made: see Looks -------------------------------------------------------------

    async def list_presets(self, user: str) -> list[Json]:
        """Return the presets that a user may work with, by id."""

    async def find_preset(self, user: str, preset_id: str) -> Json:
        """Return one of those; raises `unknown_preset`."""

    async def create_preset(self, user: str, preset: Json, token: str) -> Json:
        """Keep a new preset and return it; raises `preset_exists`, `too_many_presets`. `token` names the request."""

    async def change_preset(self, user: str, preset: Json, token: str) -> Json:
        """Keep a preset in the place of its earlier self; raises `unknown_preset`, `forbidden`, `preset_exists`."""

    async def delete_preset(self, user: str, preset_id: str) -> None:
        """Forget a preset; raises `unknown_preset`, `forbidden`."""

    async def list_luts(self, user: str) -> list[Json]:
        """Return a user's LUTs by name."""

    async def find_lut(self, user: str, name: str) -> Json:
        """Return one of those; raises `unknown_lut`."""

    async def check_lut(self, user: str, sha256: str) -> None:
        """Raise `unknown_lut` unless a user may work with the LUT of these bytes."""

    async def put_lut(self, user: str, lut: Json) -> Json:
        """Keep a LUT under its name and return it; raises `too_many_presets`."""

    async def delete_lut(self, user: str, name: str) -> None:
        """Forget a LUT's name; raises `unknown_lut`."""

    # --- links to results: see Shares -----------------------------------------------------------------------------

    async def make_share(
        self, task_id: str, expires_in_s: float, title: str | None, sender: str | None, *, originals: bool
    ) -> Json:
        """Return a new link's `id`, its `key` and `expires_at`; raises `not_found`, `too_many_shares`."""

    async def list_shares(self, task_id: str) -> dict[str, Share]:
        """Return the links that are valid, by id. Raises `not_found`."""

    async def check_share(self, task_id: str, key: str) -> Share:
        """Return what the link of a key shows; raises `not_found` where it has ended."""

    async def revoke_share(self, task_id: str, share_id: str) -> None:
        """End a link; raises `not_found` where there is no such batch."""

    # --- uploads that no batch names: see UploadBudget ------------------------------------------------------------

    async def hold_upload(self, name: str, user: str, size: int) -> None:
        """Count bytes that are about to come, or came, under a name; raises `too_many_uploads`."""

    async def release_uploads(self, names: list[str]) -> None:
        """Count these names no more."""

    # --- the service itself ---------------------------------------------------------------------------------------

    async def greet(self) -> Json:
        """Tell the coordinator that someone still wants it; returns `stats` and `pid`, its process id."""

    async def hand_over(self, release: float) -> bool:
        """Make way for the coordinator of a later release, if it is one: lease nothing more, record all, and end.

        The workers stay, with what they hold; that coordinator adopts them. Callers ask again until it answers.
        """

    async def stats(self) -> Json:
        """Return the service in numbers."""

    async def metrics(self) -> Json:
        """Return the service in numbers, and what it has done since this coordinator started."""

    async def previewer(self, *, networks: bool = False) -> str:
        """Return the name of the worker to ask for a preview, on a GPU if networks compute it; raises `no_worker`."""

    # --- for workers ----------------------------------------------------------------------------------------------

    async def exchange(self, worker_id: str, visit: Visit) -> Grant:
        """Take a worker's reports and lease it photos; see `Dispatch.exchange`."""

    async def unfit(self, worker_id: str, reason: str) -> None:
        """Take note that a worker leaves, because its kind cannot work where it is; none starts there for a while."""

    async def find(self, task_id: str, index: int, engine: str, sha256: str) -> Done | None:
        """Return a photo with the same bytes that was done before in the same way; None when there is none."""
