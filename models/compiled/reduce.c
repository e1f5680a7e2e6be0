/* A picture made smaller by whole cells. */

#include "reduce.h"

#include "pixel.h"

/* Sums of `step` rows; a constant where this is called, so that a sum stays in a register for all of them. */
static inline __attribute__((always_inline)) void add_rows(
    const uint8_t *restrict pixels, size_t stride, size_t count, size_t step, uint16_t *restrict sums)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t sum = 0;
        for (size_t y = 0; y < step; y++)
            sum = (uint16_t)(sum + pixels[y * stride + i]);
        sums[i] = sum;
    }
}

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
            uint16_t sums[2][4 * CHUNK];
            size_t count = least(cells, work->columns - column) * step;
            int turn = 0;
            const uint8_t *pixels = work->pixels + row * step * work->stride + 4 * column * step;
            if (step == 4)
                add_rows(pixels, work->stride, 4 * count, 4, sums[0]);
            else if (step == 8)
                add_rows(pixels, work->stride, 4 * count, 8, sums[0]);
            else
                add_rows(pixels, work->stride, 4 * count, 16, sums[0]);
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
