"""Pixels in, pixels out: codec, colour, skin, faces. Knows no Ray and no HTTP."""
