"""`photobatch run`: a folder of photos, retouched on this machine's own Ray."""
