"""The steps of models.finish on a strip."""

import torch

from models.colour.table import QUARTERS, Depth
from models.eager.strips import Strip


def look_up(strip: Strip, entries: torch.Tensor, depth: Depth) -> None:
    """Replace the strip's colours by their entries: int32 (2^24,), as models.colour.table describes."""
    colours = strip.rgb()
    found = strip.canvas.scratch("entries", torch.int32, colours.numel())
    torch.index_select(entries, 0, colours.view(-1), out=found)
    _replace(strip, found.view(colours.shape), depth)


def look_up_curves(strip: Strip, curves: torch.Tensor, depth: Depth) -> None:
    """Apply `curves` to the strip's colours: int32 (3, 256), as models.colour.table describes."""
    colours = strip.rgb()
    found = strip.canvas.scratch("entries", torch.int32, *colours.shape).zero_()
    for channel, curve in enumerate(curves):
        found |= torch.index_select(curve, 0, (colours >> 8 * channel & 255).view(-1)).view(colours.shape)
    _replace(strip, found, depth)


def _replace(strip: Strip, entries: torch.Tensor, depth: Depth) -> None:
    """Continue with entries instead of colours, int32 (h, W)."""
    if depth == 8:
        strip.replace_rgb(entries)
    else:
        strip.open(entries, bits=10, steps=QUARTERS)


def darken(strip: Strip, rows: torch.Tensor, columns: torch.Tensor) -> None:
    """Apply the vignette: `rows` (H,) and `columns` (W,) as in models.texture.Radial."""
    planes = strip.planes()
    divisor = strip.canvas.scratch("a", torch.float32, *planes.shape[1:])
    torch.add(rows[strip.y0 : strip.y0 + strip.height, None], columns, out=divisor)
    planes.mul_(divisor.mul_(divisor).reciprocal_())


def roughen(strip: Strip, rows: torch.Tensor, lead: torch.Tensor, shifts: list[int]) -> None:
    """Apply grain: add the same noise to the three planes; arguments as in models.texture.Band."""
    planes, scratch = strip.planes(), strip.canvas.scratch
    light = torch.add(planes[0], planes[2], out=scratch("a", torch.float32, *planes.shape[1:]))
    light.add_(planes[1]).add_(planes[1])
    noise = torch.sub(1020, light, out=scratch("b", torch.float32, *planes.shape[1:])).mul_(light)
    tail, width, row = len(rows) - len(lead), strip.canvas.width, 0
    while row < strip.height:
        number, first = divmod(strip.y0 + row, len(rows))
        last = min(first + strip.height - row, tail if first < tail else len(rows))  # rows with the same source
        part = rows[first:last, shifts[number] : shifts[number] + width]
        if first >= tail:
            part = part + lead[first - tail : last - tail, shifts[number + 1] : shifts[number + 1] + width]
        noise[row : row + len(part)].mul_(part)
        row += len(part)
    planes.add_(noise)
