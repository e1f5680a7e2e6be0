/* What models/eager does with torch, in one pass over the pixels for a CPU.
 *
 * The bytes are the same to the bit. So every step is an operation of IEEE 754 in the order in which torch does it, in
 * float32, never contracted (-ffp-contract=off), and nothing depends on the loop a pixel is in. The loops are plain, for
 * the compiler to make vectors of.
 *
 * A pixel is a little-endian word: r | g << 8 | b << 16 | alpha << 24. Alpha stays. The structures are filled by
 * applier.py; all pointers are to C-contiguous memory that outlives the call.
 */

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { CHUNK = 1024 }; /* pixels at a time: what is between two loops stays in the first-level cache */

static const uint32_t RGB = 0xFFFFFF;

/* models/hash.py: noise of a position in [0, 1), a multiple of 2^-16. */
struct noise {
    const uint32_t *flips, *factors; /* of rows */
    const uint32_t *places;          /* of columns */
};

static inline float hash(uint32_t flip, uint32_t factor, uint32_t place)
{
    int32_t upper = (int32_t)(((flip ^ place) * factor) & 0xFFFF0000);
    return (float)upper * 0x1p-32f + 0.5f;
}

static inline float clamp(float value)
{
    value = value > 0.0f ? value : 0.0f;
    return value < 255.0f ? value : 255.0f;
}

static inline uint32_t packed(uint32_t alpha_of, float red, float green, float blue)
{
    uint32_t colours = (uint32_t)(int32_t)red | (uint32_t)(int32_t)green << 8 | (uint32_t)(int32_t)blue << 16;
    return (alpha_of & ~RGB) | colours;
}

static inline size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* ---- Colour, vignette and grain: every pixel of a picture ---- */

struct finish {
    uint32_t *pixels;
    size_t height, width;

    const uint32_t *table; /* of 2^24 entries, three fields of `bits` each; null: the pixels are the entries */
    uint32_t bits;         /* 8 or 10 */
    float scale;           /* of a field to 0..255 */

    const float *rows, *columns; /* vignette: 1 + k r^2 is their sum; null: none */

    const float *band, *lead; /* grain, see models/texture.py; null: none */
    size_t band_rows, lead_rows, band_width;
    const uint32_t *shifts; /* the column that each band begins at, and the one after the last */

    struct noise dither; /* its rows come again after `pattern` */
    size_t pattern;
};

/* A piece of a row and what belongs to it. */
struct piece {
    uint32_t *pixels;
    size_t count;
    float row;            /* vignette */
    const float *columns; /* vignette */
    const float *grain;
    uint32_t flip, factor; /* dither */
    const uint32_t *places;
};

static void look_up(uint32_t *restrict pixels, size_t count, const uint32_t *restrict table)
{
    for (size_t x = 0; x < count; x++)
        pixels[x] = (pixels[x] & ~RGB) | table[pixels[x] & RGB];
}

/* Goes on with `entries` in float and rounds once. The two last are constants where this is called. */
static inline __attribute__((always_inline)) void texture(
    const struct piece *piece, const uint32_t *restrict entries, uint32_t bits, float scale, int vignette, int grain)
{
    uint32_t *restrict pixels = piece->pixels;
    const float *restrict columns = piece->columns, *restrict noise = piece->grain;
    const uint32_t *restrict places = piece->places;
    const uint32_t field = (1u << bits) - 1, flip = piece->flip, factor = piece->factor;
    const float row = piece->row;

    for (size_t x = 0; x < piece->count; x++) {
        float red = (float)(int32_t)(entries[x] & field) * scale;
        float green = (float)(int32_t)(entries[x] >> bits & field) * scale;
        float blue = (float)(int32_t)(entries[x] >> 2 * bits & field) * scale;
        if (vignette) {
            float divisor = row + columns[x];
            divisor *= divisor;
            red /= divisor;
            green /= divisor;
            blue /= divisor;
        }
        if (grain) {
            float light = red + blue + green + green;
            float change = (1020.0f - light) * light * noise[x];
            red += change;
            green += change;
            blue += change;
        }
        float dither = hash(flip, factor, places[x]);
        pixels[x] = packed(pixels[x], clamp(red + dither), clamp(green + dither), clamp(blue + dither));
    }
}

/* The grain of columns x and on of row y: the band's own, or in its last rows that and the next one's lead. */
static const float *grain_of(const struct finish *work, size_t y, size_t x, size_t count, float *sum)
{
    size_t number = y / work->band_rows, first = y % work->band_rows, tail = work->band_rows - work->lead_rows;
    const float *own = work->band + first * work->band_width + work->shifts[number] + x;
    if (first < tail)
        return own;
    const float *next = work->lead + (first - tail) * work->band_width + work->shifts[number + 1] + x;
    for (size_t i = 0; i < count; i++)
        sum[i] = own[i] + next[i];
    return sum;
}

void finish(const struct finish *work)
{
    const struct noise *dither = &work->dither;
    const uint32_t bits = work->bits;
    const float scale = work->scale;

    for (size_t y = 0; y < work->height; y++) {
        for (size_t x = 0; x < work->width; x += CHUNK) {
            uint32_t entries[CHUNK];
            float sum[CHUNK];
            struct piece piece = {
                .pixels = work->pixels + y * work->width + x,
                .count = least(CHUNK, work->width - x),
                .flip = dither->flips[y % work->pattern],
                .factor = dither->factors[y % work->pattern],
                .places = dither->places + x,
            };
            if (!work->rows && !work->band && bits == 8) {
                look_up(piece.pixels, piece.count, work->table);
                continue;
            }
            if (work->table)
                for (size_t i = 0; i < piece.count; i++)
                    entries[i] = work->table[piece.pixels[i] & RGB];
            else
                for (size_t i = 0; i < piece.count; i++)
                    entries[i] = piece.pixels[i];
            if (work->rows) {
                piece.row = work->rows[y];
                piece.columns = work->columns + x;
            }
            if (work->band)
                piece.grain = grain_of(work, y, x, piece.count, sum);
            if (work->rows && work->band)
                texture(&piece, entries, bits, scale, 1, 1);
            else if (work->rows)
                texture(&piece, entries, bits, scale, 1, 0);
            else if (work->band)
                texture(&piece, entries, bits, scale, 0, 1);
            else
                texture(&piece, entries, bits, scale, 0, 0);
        }
    }
}

/* ---- Beauty: the pixels around a face ---- */

struct patch {
    uint32_t *pixels; /* the patch's first pixel */
    size_t width;     /* pixels in a row of the picture */
    size_t y_count, x_count;

    const float *cells; /* (4, rows, columns): A, then D for red, green, blue */
    ptrdiff_t rows, columns;
    ptrdiff_t step; /* pixels a side of a cell */
    float *wide;    /* memory for (2, 4, x_count) */

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

/* out = in + A Y + D, rounded at random in proportion. All sums before the dither are exact. */
static void lay_row(uint32_t *restrict pixels, size_t count, const float *restrict upper, const float *restrict lower,
                    size_t stride, float weight, uint32_t flip, uint32_t factor, const uint32_t *restrict places)
{
    const float rest = 1.0f - weight;
    for (size_t x = 0; x < count; x++) {
        float red = (float)(int32_t)(pixels[x] & 0xFF);
        float green = (float)(int32_t)(pixels[x] >> 8 & 0xFF);
        float blue = (float)(int32_t)(pixels[x] >> 16 & 0xFF);
        float luma = red * (77.0f / 256) + green * (150.0f / 256) + blue * (29.0f / 256);
        luma *= upper[x] * rest + lower[x] * weight;
        luma += hash(flip, factor, places[x]);
        red += upper[stride + x] * rest + lower[stride + x] * weight + luma;
        green += upper[2 * stride + x] * rest + lower[2 * stride + x] * weight + luma;
        blue += upper[3 * stride + x] * rest + lower[3 * stride + x] * weight + luma;
        pixels[x] = packed(pixels[x], clamp(red), clamp(green), clamp(blue));
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
                    lower->planes + begin, patch->x_count, weight, patch->dither.flips[y], patch->dither.factors[y],
                    patch->dither.places + begin);
    }
}

/* ---- A picture made smaller by whole cells ---- */

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
