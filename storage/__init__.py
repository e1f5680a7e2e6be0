"""Storage: blobs and the journal. Depends on neither Ray nor HTTP."""
