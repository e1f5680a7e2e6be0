/* A picture made smaller by whole cells. */

#include "pixel.h"

struct cells {
    const uint8_t *pixels;
    size_t stride; /* bytes from row to row */
    size_t rows, columns;
    size_t step;    /* 2, 4, 8 or 16 pixels a side: then no sum is above 65,535 */
    uint8_t *means; /* (rows, columns, 4) */
};

/* Adds the pixels two and two; `count` of them are left. */
static void add_pairs(const uint16_t *restrict sums, size_t count, uint16_t *restrict pairs)
{
    for (size_t i = 0; i < count; i++)
        for (size_t channel = 0; channel < 4; channel++)
            pairs[4 * i + channel] = (uint16_t)(sums[8 * i + channel] + sums[8 * i + 4 + channel]);
}

/* The mean of each cell, halves to the even number, which is how OpenCV rounds cells of 4x4 pixels and more. */
void reduce(const struct cells *work)
{
    const size_t step = work->step, cells = CHUNK / step;
    const unsigned half = (unsigned)(step * step / 2), bits = (unsigned)__builtin_ctzl(step * step);

    for (size_t row = 0; row < work->rows; row++) {
        for (size_t column = 0; column < work->columns; column += cells) {
            uint16_t sums[2][4 * CHUNK] = {{0}};
            size_t count = least(cells, work->columns - column) * step;
            int turn = 0;
            for (size_t y = row * step; y < (row + 1) * step; y++) {
                const uint8_t *pixels = work->pixels + y * work->stride + 4 * column * step;
                for (size_t i = 0; i < 4 * count; i++)
                    sums[0][i] = (uint16_t)(sums[0][i] + pixels[i]);
            }
            for (size_t left = step; left > 1; left /= 2, turn ^= 1)
                add_pairs(sums[turn], count /= 2, sums[turn ^ 1]);
            uint8_t *means = work->means + 4 * (row * work->columns + column);
            for (size_t i = 0; i < 4 * count; i++) {
                unsigned sum = sums[turn][i];
                means[i] = (uint8_t)((sum + half - 1 + (sum >> bits & 1)) >> bits);
            }
        }
    }
}
