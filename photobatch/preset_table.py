"""The list of presets for people."""

from collections.abc import Iterable

from rich.table import Table

from photobatch import schemas


def preset_table(presets: Iterable[schemas.Preset]) -> Table:
    """Return a line a preset."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "", "type"):
        table.add_column(heading)
    for preset in presets:
        table.add_row(preset.id, preset.name.zh, preset.name.en, preset.type)
    return table
