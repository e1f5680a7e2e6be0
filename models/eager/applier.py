"""The applier that uses torch."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import torch

from models.colour.table import Curves, Packed, Table
from models.eager.ops import darken, look_up, look_up_curves, roughen
from models.eager.patches import WidePatch
from models.eager.strips import Strip, run
from models.faces.patch import Patch
from models.fallbacks import fell_back
from models.finish import Finish
from models.neural.device import OutOfMemoryError, guarded, no_memory
from models.neural.staging import Staging
from models.picture import Pixels
from models.reduce import reduce_cells

_PIECE = 1 << 17  # pixels of a patch at once on a CPU: fewer make calls expensive, more leave the cache
_TABLES = 4  # cached on a GPU


class EagerApplier:
    """An Applier on any device: in strips on a CPU, the whole photo at once elsewhere."""

    def __init__(self, device: str, rows: int | None = None) -> None:
        """`rows` is the height of a strip, which does not affect the bytes; None: automatic."""
        self._device = torch.device(device)
        self._cpu = self._device.type == "cpu"
        self._rows = rows
        self._staging = Staging(self._device)
        self._tables: OrderedDict[str, torch.Tensor] = OrderedDict()
        self.engine = f"torch {torch.__version__}, {self._device.type}"
        torch.set_num_threads(1)  # the workers are the parallelism, and must not compete for the cores

    def lay(self, pixels: Pixels, patches: Sequence[Patch], seed: int) -> None:
        """As models.applier has it; raises PhotoError `out_of_memory`, DeviceLostError."""
        for index, patch in enumerate(patches):
            self._with_memory(lambda one, patch=patch, own=seed + index: one._lay(pixels, patch, own))  # type: ignore[misc]

    def finish(self, pixels: Pixels, finish: Finish, seed: int) -> None:
        """As models.applier has it; raises PhotoError `out_of_memory`, DeviceLostError."""
        self._with_memory(lambda one: one._finish(pixels, finish, seed))

    def reduce(self, pixels: Pixels, step: int) -> Pixels:
        """As models.applier has it."""
        return reduce_cells(pixels, step)

    def _with_memory(self, work: "Callable[[EagerApplier], None]") -> None:
        """Work on the device, and if that has no memory left on the CPU: strip by strip, with the same bytes.

        Pixels change only in the last step, so nothing is applied twice.
        """
        try:
            with guarded(self._device):
                work(self)
        except OutOfMemoryError as error:
            if self._cpu:
                raise no_memory() from error
            fell_back("pixels_on_cpu")
            EagerApplier("cpu", self._rows)._with_memory(work)

    def finish_there(self, packed: torch.Tensor, finish: Finish, seed: int) -> None:
        """Change every pixel of int32 (H, W) on the device, in place. Call it within `models.neural.device.guarded`."""
        run(packed, self._steps(finish, len(packed), seed), self._rows)

    def _finish(self, pixels: Pixels, finish: Finish, seed: int) -> None:
        packed = _packed(pixels)
        there = self._staging.up(packed)
        self.finish_there(there, finish, seed)
        self._staging.back(there, packed)

    def _lay(self, pixels: Pixels, patch: Patch, seed: int) -> None:
        area = _packed(pixels)[patch.y0 : patch.y1, patch.x0 : patch.x1]
        there = self._staging.up(area)
        self._lay_on(there, patch, seed)
        self._staging.back(there, area)

    def _lay_on(self, area: torch.Tensor, patch: Patch, seed: int) -> None:
        """`area` holds the patch's pixels."""
        wide = WidePatch(patch, self._device)
        rows = max(1, self._rows or (_PIECE // area.shape[1] if self._cpu else area.shape[0]))
        for y in range(patch.y0, patch.y1, rows):
            end = min(y + rows, patch.y1)
            x0, x1 = wide.columns(y, end)
            if x0 < x1:
                wide.lay(area[y - patch.y0 : end - patch.y0, x0 - patch.x0 : x1 - patch.x0], y, x0, seed)

    def _steps(self, finish: Finish, height: int, seed: int) -> list[Callable[[Strip], None]]:
        steps: list[Callable[[Strip], None]] = []
        if finish.table is not None:
            entries, depth = self._entries(finish.table), finish.table.depth
            replace = look_up_curves if isinstance(finish.table, Curves) else look_up
            steps.append(lambda strip: replace(strip, entries, depth))
        if finish.vignette is not None:
            rows, columns = self._there(finish.vignette.rows), self._there(finish.vignette.columns)
            steps.append(lambda strip: darken(strip, rows, columns))
        if finish.grain is not None:
            noise, lead = self._there(finish.grain.rows), self._there(finish.grain.lead)
            shifts = finish.grain.shifts(height, seed).tolist()
            steps.append(lambda strip: roughen(strip, noise, lead, shifts))
        return steps

    def _entries(self, table: Table | Curves) -> torch.Tensor:
        """Return the table on the device; a named one stays there."""
        if self._cpu or isinstance(table, Curves) or table.name is None:
            return self._there(table.entries)
        if table.name not in self._tables:
            self._tables[table.name] = self._there(table.entries)
            if len(self._tables) > _TABLES:
                self._tables.popitem(last=False)
        self._tables.move_to_end(table.name)
        return self._tables[table.name]

    def _there(self, values: np.ndarray) -> torch.Tensor:
        return self._staging.up(values)


def _packed(pixels: Pixels) -> Packed:
    """The same memory as int32 (H, W)."""
    return pixels.view(np.int32)[..., 0]
