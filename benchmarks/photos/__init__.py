"""Demo photos, and the codec floor: the least time for reading and writing them."""
