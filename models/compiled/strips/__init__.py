"""JPEG files whose every pixel is changed, a strip of rows at a time.

`strips.c` runs libjpeg-turbo, `planes.c` converts colours for its encoder, and `strips.py` offers both as a picture of
which no pixel can be looked at. `libjpeg/` holds the headers of libjpeg-turbo, which others wrote.
"""
