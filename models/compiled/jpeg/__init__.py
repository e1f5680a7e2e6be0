"""JPEG files that are changed in places: what does not change keeps its bits.

`frame.py` reads the headers and writes them. The C sources walk the entropy-coded bits. `partial.py` offers both as a
picture whose regions can be read and replaced. Only 8-bit Huffman-coded sequential files with one scan are handled; of
all others, and on any doubt, nothing here makes a picture, and the caller decodes the whole file.
"""
