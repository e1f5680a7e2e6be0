"""Pages made from photos: docs/presets.md, the contact sheet, the pictures of erase and of the READMEs, a summary."""
