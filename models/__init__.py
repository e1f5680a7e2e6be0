"""Image processing: codec, colour, faces, erase, networks. Depends on neither Ray nor HTTP."""
