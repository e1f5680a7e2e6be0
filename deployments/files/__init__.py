"""Results on their way out: single files, byte ranges, ZIP archives."""
