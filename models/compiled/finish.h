/* What `finish` does to the pixels of a picture, or of a part of it. */

#ifndef PHOTOBATCH_FINISH_H
#define PHOTOBATCH_FINISH_H

#include "pixel.h"

struct finish {
    uint32_t *pixels;
    size_t height, width; /* of the pixels */
    size_t top, left;     /* where they are in the picture, which everything below is about */
    uint32_t transposed;  /* whether a row of the pixels is a column of the picture */

    const uint32_t *table;  /* of 2^24 entries, three fields of `bits` each */
    const uint32_t *curves; /* three short ones in its place, see curves.h; both null: the pixels are the entries */
    uint32_t bits;          /* 8 or 10 */
    float scale;            /* of a field to 0..255 */

    const float *rows, *columns; /* vignette: 1 + k r^2 is their sum; null: none */

    const float *band, *lead; /* grain, see models/texture.py; null: none */
    size_t band_rows, lead_rows, band_width;
    const uint32_t *shifts; /* the column that each band begins at, and the one after the last */
    const float *band_down, *lead_down; /* the same transposed, for transposed pixels */

    struct noise dither; /* its rows come again after `pattern` */
    size_t pattern;
};

void finish(const struct finish *work);

#endif
