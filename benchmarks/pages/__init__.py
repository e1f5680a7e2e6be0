"""Pages that are made from photos: docs/presets.md, the contact sheet, the sum of a run."""
