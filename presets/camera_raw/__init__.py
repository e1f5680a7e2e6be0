"""Presets of Lightroom and Camera Raw (`.xmp`), imported as presets of ours. `importing.imported` is the way in."""
