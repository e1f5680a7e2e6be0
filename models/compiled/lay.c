/* Beauty: the affine map of luma around a face, see models/patch.py. */

#include "pixel.h"

#include <math.h>

struct patch {
    uint32_t *pixels; /* the patch's first pixel */
    size_t width;     /* pixels in a row of the picture */
    size_t y_count, x_count;

    const float *cells; /* (4, rows, columns): A, then D for red, green, blue */
    ptrdiff_t rows, columns;
    ptrdiff_t step; /* pixels a side of a cell */
    float *wide;    /* memory for (2, 4, x_count) */
    float grain;    /* codes where A is -1 */

    struct noise dither;
};

static const float FINE[4] = {0x1p14f, 0x1p7f, 0x1p7f, 0x1p7f}; /* what the planes are rounded to */

/* A row of cells with a column for each pixel. */
struct wide {
    ptrdiff_t row;          /* of cells; -1: none yet */
    ptrdiff_t begin, end;   /* pixels outside of which all is 0 */
    float *planes;          /* (4, x_count) */
};

/* The cell whose centre lies before a pixel, and how far it is from there to the next one's. */
static inline ptrdiff_t cell_before(ptrdiff_t pixel, ptrdiff_t step, ptrdiff_t cells, float *weight)
{
    ptrdiff_t halves = 2 * pixel + 1 - step;
    ptrdiff_t first = halves < 0 ? -1 : halves / (2 * step);
    int inside = first >= 0 && first < cells - 1;
    *weight = inside ? (float)(halves - first * 2 * step) / (float)(2 * step) : 0.0f;
    return first < 0 ? 0 : first;
}

static void widen(const struct patch *patch, ptrdiff_t row, struct wide *wide)
{
    const ptrdiff_t columns = patch->columns, step = patch->step, count = (ptrdiff_t)patch->x_count;
    ptrdiff_t first = columns, last = -1;

    for (int plane = 0; plane < 4; plane++) {
        const float *cells = patch->cells + (plane * patch->rows + row) * columns;
        for (ptrdiff_t i = 0; i < columns; i++)
            if (cells[i] != 0.0f) {
                first = i < first ? i : first;
                last = i > last ? i : last;
            }
    }
    /* The neighbours of busy cells are mixed with them. */
    wide->row = row;
    wide->begin = last < 0 ? count : (first > 0 ? first - 1 : 0) * step;
    wide->end = last < 0 ? 0 : (last + 2) * step < count ? (last + 2) * step : count;

    for (int plane = 0; plane < 4; plane++) {
        const float *cells = patch->cells + (plane * patch->rows + row) * columns;
        float *out = wide->planes + plane * count;
        for (ptrdiff_t x = 0; x < count; x++) {
            float weight;
            ptrdiff_t before = cell_before(x, step, columns, &weight);
            ptrdiff_t after = before + 1 < columns ? before + 1 : before;
            float value = cells[before] * (1.0f - weight) + cells[after] * weight;
            out[x] = rintf(value * FINE[plane]) / FINE[plane];
        }
    }
}

/* out = in + A Y + D, rounded at random in proportion, with grain for what A takes. All sums before are exact. */
static void lay_row(uint32_t *restrict pixels, size_t count, const float *restrict upper, const float *restrict lower,
                    size_t stride, float weight, float grain, uint32_t flip, uint32_t factor,
                    const uint32_t *restrict places)
{
    const float rest = 1.0f - weight;
    for (size_t x = 0; x < count; x++) {
        float red = (float)(int32_t)(pixels[x] & 0xFF);
        float green = (float)(int32_t)(pixels[x] >> 8 & 0xFF);
        float blue = (float)(int32_t)(pixels[x] >> 16 & 0xFF);
        float luma = red * (77.0f / 256) + green * (150.0f / 256) + blue * (29.0f / 256);
        float share = upper[x] * rest + lower[x] * weight;
        float noise = hash(flip, factor, places[x]);
        luma *= share;
        luma += noise;
        luma += (noise - 0.5f) * (share < 0.0f ? -share : 0.0f) * grain;
        red += upper[stride + x] * rest + lower[stride + x] * weight + luma;
        green += upper[2 * stride + x] * rest + lower[2 * stride + x] * weight + luma;
        blue += upper[3 * stride + x] * rest + lower[3 * stride + x] * weight + luma;
        pixels[x] = packed(pixels[x], red, green, blue);
    }
}

void lay(const struct patch *patch)
{
    struct wide wides[2] = {{.row = -1, .planes = patch->wide}, {.row = -1, .planes = patch->wide + 4 * patch->x_count}};

    for (size_t y = 0; y < patch->y_count; y++) {
        float weight;
        ptrdiff_t before = cell_before((ptrdiff_t)y, patch->step, patch->rows, &weight);
        ptrdiff_t after = before + 1 < patch->rows ? before + 1 : before;
        struct wide *upper = &wides[before & 1], *lower = &wides[after & 1];
        if (upper->row != before)
            widen(patch, before, upper);
        if (lower->row != after)
            widen(patch, after, lower);
        ptrdiff_t begin = upper->begin < lower->begin ? upper->begin : lower->begin;
        ptrdiff_t end = upper->end > lower->end ? upper->end : lower->end;
        if (begin < end)
            lay_row(patch->pixels + y * patch->width + begin, (size_t)(end - begin), upper->planes + begin,
                    lower->planes + begin, patch->x_count, weight, patch->grain, patch->dither.flips[y],
                    patch->dither.factors[y], patch->dither.places + begin);
    }
}
