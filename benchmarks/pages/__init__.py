"""Pages made from photos: docs/presets.md, the contact sheet, the summary of a run."""
