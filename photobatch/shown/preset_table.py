"""Tables of presets."""

import json
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from photobatch import schemas
from photobatch.shown.terminal import shown


def preset_table(presets: Iterable[schemas.Preset]) -> Table:
    """Return a table with one line for each preset."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "", "type"):
        table.add_column(heading)
    for preset in presets:
        table.add_row(_text(preset.id), _text(preset.name.zh), _text(preset.name.en), preset.type)
    return table


def details_table(preset: schemas.Preset) -> Table:
    """Return one preset, with one line for each parameter."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("id", _text(preset.id))
    table.add_row("name", _text(f"{preset.name.zh} · {preset.name.en}"))
    table.add_row("type", preset.type)
    table.add_row("version", str(preset.version))
    whose = "built in" if preset.built_in else (preset.owner or "your own")
    table.add_row("whose", _text(whose + (", shared" if preset.shared and not preset.built_in else "")))
    about = " · ".join(" ".join(words.split()) for words in (preset.description.zh, preset.description.en) if words)
    if about:
        table.add_row("about", _text(about))
    for name, value in preset.params.items():
        table.add_row(_text(f"  {name}"), _text(json.dumps(value, ensure_ascii=False)))
    return table


def _text(words: str) -> Text:
    """Return another user's text without control sequences."""
    return Text(shown(words))
