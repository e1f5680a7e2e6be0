"""Presets in files: YAML or JSON with `type` and `params`, or a `.xmp` preset of Lightroom or Camera Raw."""

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from presets.camera_raw.importing import imported
from presets.catalogue import Preset, resolve
from presets.errors import PresetError


@dataclass(slots=True)
class FilePreset:
    """A preset, and the settings of its file that it cannot have: names of Camera Raw."""

    preset: Preset
    ignored: list[str] = field(default_factory=list)
    limited: list[str] = field(default_factory=list)


def preset_of_file(file: Path) -> FilePreset:
    """Return the preset in a file; raises PresetError."""
    content = read_file(file, "preset")
    if file.suffix.lower() == ".xmp":
        try:
            draft = imported(content, file.stem)
        except PresetError as error:
            raise PresetError(error.code, f"{file}: {error.detail}", "preset") from None
        return FilePreset(Preset(draft.id, {}, "color", 1, draft.params, {}), draft.ignored, draft.limited)
    try:
        told = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PresetError("invalid_params", f"{file} is no YAML: {str(error).splitlines()[0]}.", "preset") from None
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise PresetError("invalid_params", f"{file} is no preset: it needs `type`, and `params`.", "preset")
    params = told.get("params") or {}
    if not isinstance(params, dict):
        raise PresetError("invalid_params", f"{file}: params are names with values.", "preset")
    resolve(None, told["type"], {name: value for name, value in params.items() if name != "lut"})  # before its files
    return FilePreset(Preset(str(told.get("id") or file.stem), {}, told["type"], 1, params, {}))


def read_file(file: Path, what: str) -> bytes:
    """Return the bytes of a local file that a user names; raises PresetError."""
    try:
        return file.expanduser().read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise PresetError("invalid_params", f"{file} can't be read: {why}. A {what} is a local file.", what) from None
