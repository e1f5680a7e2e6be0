"""Pages made from photos: docs/presets.md, the contact sheet, the picture of erase, the summary of a run."""
