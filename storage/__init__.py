"""Bytes and records: blobs and the journal. Knows no Ray and no HTTP."""
