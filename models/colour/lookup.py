"""The colour op: each pixel looked up in a table."""

import torch

from models.colour.table import QUARTERS, Depth
from models.strips import Strip


def apply_table(strip: Strip, table: torch.Tensor, depth: Depth) -> None:
    """Replaces the strip's colours by their entries.

    `table` is int32 (2^24,) on the strip's device, as models.colour.table describes.
    """
    colours = strip.rgb()
    entries = strip.canvas.scratch("entries", torch.int32, colours.numel())
    torch.index_select(table, 0, colours.view(-1), out=entries)
    if depth == 8:
        strip.replace_rgb(entries.view(colours.shape))
    else:
        strip.open(entries.view(colours.shape), bits=10, steps=QUARTERS)
