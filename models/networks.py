"""The networks of a worker, loaded when a photo first needs one. Imports no torch before that."""

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from models.erase.fill import PATCHES, Inpainter, Telea
from models.errors import PhotoError, WeightsError
from models.neural.installed import has_networks, require_networks
from models.weights import LAMA, Installed, WeightStore

if TYPE_CHECKING:
    from models.neural.restorer import Restorer


@runtime_checkable
class _Warmed(Protocol):
    """An inpainter whose first call takes longer than others."""

    def warm(self) -> None: ...


class Networks:
    """The networks whose weights are in the store at creation; `stale` says whether the weights have changed."""

    def __init__(self, store: WeightStore, without: Inpainter, *, gpu: float) -> None:
        """`without` fills holes where there are no weights."""
        self._store = store
        self._without = without
        self._gpu = gpu
        self._changed = store.changed_ns()
        self._stamp = store.stamp()
        self._lama = store.find(LAMA)
        self._inpainter: Inpainter | None = None
        self._restorers: dict[str, Restorer] = {}

    @property
    def engine(self) -> str:
        """The name of the inpainter: `lama` and the beginning of its hash, `patches` or `telea`."""
        return f"lama {self._lama.sha256[:12]}" if self._lama else self._without.name

    @property
    def on_gpu(self) -> bool:
        """Whether a network on a GPU fills holes."""
        return self._lama is not None and self._on_cuda

    @cached_property
    def _on_cuda(self) -> bool:
        if not (self._gpu and has_networks()):
            return False
        from models.neural.device import device_for  # noqa: PLC0415

        return device_for(self._gpu) == "cuda"

    def stale(self) -> bool:
        """Whether the weights in the store have changed."""
        changed = self._store.changed_ns()
        if changed == self._changed:  # the usual case, checked often
            return False
        self._changed = changed
        return self._store.stamp() != self._stamp

    def warm(self) -> None:
        """Load what is installed and let each network compute once, if it computes on a GPU.

        There the first call chooses algorithms, which takes seconds. On a CPU a call costs as much as a photo. A
        network that cannot be loaded is left to the photo that wants it, and to what it is told. Raises
        DeviceLostError.
        """
        if not self._on_cuda:
            return
        for name in self._store.names():
            with suppress(PhotoError):
                if name != LAMA:
                    self.restorer(name).warm()
                elif isinstance(lama := self.inpainter(), _Warmed):
                    lama.warm()

    def inpainter(self, pinned: str | None = None) -> Inpainter:
        """Return LaMa if there are weights, else what needs none; or the one that `pinned` names.

        That is `telea`, the SHA-256 of LaMa's weights, or `patches`: what fills without weights here.
        Raises PhotoError `model_damaged`, `model_changed`, `torch_missing`.
        """
        if pinned == Telea.name:
            return Telea()
        if pinned == PATCHES or (pinned is None and self._lama is None):
            return self._without
        if self._lama is None or pinned not in (None, self._lama.sha256):
            raise _changed(LAMA)
        if self._inpainter is None:
            self._inpainter = self._load_lama(self._lama)
        return self._inpainter

    def restorer(self, name: str, pinned: str | None = None) -> "Restorer":
        """Return a network with one input picture, with the SHA-256 `pinned` if given.

        Raises PhotoError `model_missing`, `model_damaged`, `model_changed`, `wrong_model`, `torch_missing`.
        """
        if name not in self._restorers:
            self._restorers[name] = self._load_restorer(name)
        if pinned not in (None, self._restorers[name].sha256):
            raise _changed(name)
        return self._restorers[name]

    def _load_restorer(self, name: str) -> "Restorer":
        try:
            path = self._store.path(name)
            require_networks(name)
            from models.neural.device import device_for  # noqa: PLC0415
            from models.neural.restorer import Restorer  # noqa: PLC0415

            return Restorer(path, self._store.sha256(name) or "", device_for(self._gpu))
        except WeightsError as error:
            raise PhotoError(error.code, error.detail, retryable=True) from error
        except ValueError as error:
            raise PhotoError("wrong_model", f"The model {name} does not fit here: {error}.") from error

    def _load_lama(self, installed: Installed) -> Inpainter:
        try:
            require_networks(LAMA)
            from models.neural.device import device_for  # noqa: PLC0415
            from models.neural.lama import Lama  # noqa: PLC0415

            return Lama(self._store.path(LAMA), installed.sha256, device_for(self._gpu))
        except WeightsError as error:
            raise PhotoError(error.code, error.detail, retryable=True) from error


def _changed(name: str) -> PhotoError:
    detail = f"The model {name} was replaced, or removed, since this batch was handed in: hand it in again."
    return PhotoError("model_changed", detail)
