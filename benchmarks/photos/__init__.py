"""Demo photos, and the least time that reading and writing them takes."""
