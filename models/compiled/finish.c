/* Colour, vignette and grain: every pixel of a picture, looked up, changed in float32 and rounded once. */

#include "finish.h"

#include "curves.h"

#include <string.h>

/* A piece of a row and what belongs to it. */
struct piece {
    uint32_t *pixels;
    size_t count;
    size_t y, x;         /* of the first pixel in the picture */
    float same;          /* the term of the vignette that all have, */
    const float *others; /* and those of each */
    const float *grain, *dither;
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
    const float *restrict others = piece->others, *restrict noise = piece->grain, *restrict dithers = piece->dither;
    const uint32_t field = (1u << bits) - 1;
    const float same = piece->same;

    for (size_t x = 0; x < piece->count; x++) {
        float red = (float)(int32_t)(entries[x] & field) * scale;
        float green = (float)(int32_t)(entries[x] >> bits & field) * scale;
        float blue = (float)(int32_t)(entries[x] >> 2 * bits & field) * scale;
        if (vignette) {
            float divisor = same + others[x];
            float share = 1.0f / (divisor * divisor);
            red *= share;
            green *= share;
            blue *= share;
        }
        if (grain) {
            float light = red + blue + green + green;
            float change = (1020.0f - light) * light * noise[x];
            red += change;
            green += change;
            blue += change;
        }
        float dither = dithers[x];
        pixels[x] = packed(pixels[x], red + dither, green + dither, blue + dither);
    }
}

/* The grain of a piece: the band's own, or in its last rows that and the next one's lead. */
static const float *grain_of(const struct finish *work, const struct piece *piece, float *sum)
{
    size_t number = piece->y / work->band_rows, first = piece->y % work->band_rows;
    size_t tail = work->band_rows - work->lead_rows;
    const float *own = work->band + first * work->band_width + work->shifts[number] + piece->x;
    if (first < tail)
        return own;
    const float *next = work->lead + (first - tail) * work->band_width + work->shifts[number + 1] + piece->x;
    for (size_t i = 0; i < piece->count; i++)
        sum[i] = own[i] + next[i];
    return sum;
}

/* The same down a column. */
static const float *grain_down(const struct finish *work, const struct piece *piece, float *sum)
{
    const size_t rows = work->band_rows, leads = work->lead_rows, tail = rows - leads;

    for (size_t i = 0, number, first, count; i < piece->count; i += count) {
        number = (piece->y + i) / rows;
        first = (piece->y + i) % rows;
        count = least(piece->count - i, (first < tail ? tail : rows) - first);
        const float *own = work->band_down + (work->shifts[number] + piece->x) * rows + first;
        memcpy(sum + i, own, count * sizeof *sum);
        if (first < tail)
            continue;
        const float *next = work->lead_down + (work->shifts[number + 1] + piece->x) * leads + first - tail;
        for (size_t j = 0; j < count; j++)
            sum[i + j] += next[j];
    }
    return sum;
}

static void dither_of(const struct finish *work, const struct piece *piece, float *restrict values)
{
    const uint32_t *restrict places = work->dither.places + piece->x;
    const uint32_t flip = work->dither.flips[piece->y % work->pattern];
    const uint32_t factor = work->dither.factors[piece->y % work->pattern];

    for (size_t i = 0; i < piece->count; i++)
        values[i] = hash(flip, factor, places[i]);
}

/* The same down a column. */
static void dither_down(const struct finish *work, const struct piece *piece, float *restrict values)
{
    const uint32_t place = work->dither.places[piece->x];

    for (size_t i = 0, first, count; i < piece->count; i += count) {
        first = (piece->y + i) % work->pattern;
        count = least(piece->count - i, work->pattern - first);
        const uint32_t *restrict flips = work->dither.flips + first, *restrict factors = work->dither.factors + first;
        for (size_t j = 0; j < count; j++)
            values[i + j] = hash(flips[j], factors[j], place);
    }
}

/* Whether a colour alone decides what becomes of it, wherever it is. */
static int is_look_up(const struct finish *work)
{
    return (work->curves || work->table) && !work->rows && !work->band && work->bits == 8;
}

void finish(const struct finish *work)
{
    const uint32_t bits = work->bits;
    const float scale = work->scale;

    if (is_look_up(work)) {
        if (work->curves)
            look_up_curves(work->pixels, work->height * work->width, work->curves);
        else
            look_up(work->pixels, work->height * work->width, work->table);
        return;
    }
    for (size_t row = 0; row < work->height; row++) {
        for (size_t column = 0; column < work->width; column += CHUNK) {
            uint32_t entries[CHUNK];
            float grain[CHUNK], dither[CHUNK];
            const int down = work->transposed != 0;
            struct piece piece = {
                .pixels = work->pixels + row * work->width + column,
                .count = least(CHUNK, work->width - column),
                .y = work->top + (down ? column : row),
                .x = work->left + (down ? row : column),
                .dither = dither,
            };
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
                piece.same = down ? work->columns[piece.x] : work->rows[piece.y];
                piece.others = down ? work->rows + piece.y : work->columns + piece.x;
            }
            if (work->band)
                piece.grain = (down ? grain_down : grain_of)(work, &piece, grain);
            (down ? dither_down : dither_of)(work, &piece, dither);
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
