/* What `reduce` makes smaller. */

#ifndef PHOTOBATCH_REDUCE_H
#define PHOTOBATCH_REDUCE_H

#include <stddef.h>
#include <stdint.h>

struct cells {
    const uint8_t *pixels;
    size_t stride; /* bytes from row to row */
    size_t rows, columns;
    size_t step;    /* 4, 8 or 16 pixels a side: no sum is above 65,535 */
    uint8_t *means; /* (rows, columns, 4) */
};

void reduce(const struct cells *work);

#endif
