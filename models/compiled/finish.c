/* Colour, vignette and grain: every pixel of a picture, looked up, changed in float32 and rounded once. */

#include "curves.h"

struct finish {
    uint32_t *pixels;
    size_t height, width;

    const uint32_t *table;  /* of 2^24 entries, three fields of `bits` each */
    const uint32_t *curves; /* three short ones in its place, see curves.h; both null: the pixels are the entries */
    uint32_t bits;          /* 8 or 10 */
    float scale;            /* of a field to 0..255 */

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

    if (work->curves && !work->rows && !work->band && bits == 8) {
        look_up_curves(work->pixels, work->height * work->width, work->curves);
        return;
    }
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
            if (work->curves)
                for (size_t i = 0; i < piece.count; i++)
                    entries[i] = curved(piece.pixels[i], work->curves);
            else if (work->table)
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
