/* Pixels that changed become coefficients: the transform of the difference is added to the source's coefficients, so that
 * nothing is lost where nothing changed. */

#include "../pixel.h"
#include "jpeg.h"

#include <math.h>

enum { SIDE = 32 }; /* pixels of the largest MCU: four blocks */

struct planes {
    float values[COMPONENTS][SIDE * SIDE]; /* Y, Cb and Cr of an MCU's difference, rows of SIDE */
};

static float basis[8][8], turned_basis[8][8]; /* A.3.3: [frequency][sample], and the same by sample */

static void prepare_basis(void)
{
    for (int u = 0; u < 8; u++)
        for (int x = 0; x < 8; x++)
            basis[u][x] = turned_basis[x][u] =
                (float)(cos((2 * x + 1) * u * 3.14159265358979323846 / 16) * (u ? 0.5 : 0.35355339059327376220));
}

/* An MCU of the picture: its pixels, and how many of them there are. */
struct pixels {
    const uint32_t *before, *after;
    size_t before_stride, after_stride, width, height;
};

static int same(const struct pixels *pixels)
{
    uint32_t any = 0;

    for (size_t y = 0; y < pixels->height; y++) {
        const uint32_t *before = pixels->before + y * pixels->before_stride;
        const uint32_t *after = pixels->after + y * pixels->after_stride;
        for (size_t x = 0; x < pixels->width; x++)
            any |= before[x] ^ after[x];
    }
    return (any & RGB) == 0;
}

/* The difference in Y, Cb and Cr (ITU-T T.871). */
static inline void subtract_row(const uint32_t *before, const uint32_t *after, size_t width, float *restrict luma,
                                float *restrict blue, float *restrict red)
{
    for (size_t x = 0; x < width; x++) {
        float r = (float)((int32_t)(after[x] & 0xFF) - (int32_t)(before[x] & 0xFF));
        float g = (float)((int32_t)(after[x] >> 8 & 0xFF) - (int32_t)(before[x] >> 8 & 0xFF));
        float b = (float)((int32_t)(after[x] >> 16 & 0xFF) - (int32_t)(before[x] >> 16 & 0xFF));
        luma[x] = 0.299f * r + 0.587f * g + 0.114f * b;
        blue[x] = -0.168735892f * r - 0.331264108f * g + 0.5f * b;
        red[x] = 0.5f * r - 0.418687589f * g - 0.081312411f * b;
    }
}

/* The same of an MCU of `across` × `down`; the picture's edge is repeated. */
static void subtract(const struct pixels *pixels, size_t across, size_t down, struct planes *planes)
{
    for (size_t y = 0; y < down; y++) {
        const size_t row = least(y, pixels->height - 1);
        const uint32_t *before = pixels->before + row * pixels->before_stride;
        const uint32_t *after = pixels->after + row * pixels->after_stride;
        float *rows[COMPONENTS];
        for (int c = 0; c < COMPONENTS; c++)
            rows[c] = planes->values[c] + y * SIDE;
        if (pixels->width == 16)
            subtract_row(before, after, 16, rows[0], rows[1], rows[2]);
        else
            subtract_row(before, after, pixels->width, rows[0], rows[1], rows[2]);
        for (size_t x = pixels->width; x < across; x++)
            for (int c = 0; c < COMPONENTS; c++)
                rows[c][x] = rows[c][pixels->width - 1];
    }
}

/* Replace a plane by the means of its cells of `across` × `down`. */
static inline void shrink_by(float *plane, const uint32_t across, const uint32_t down)
{
    const float share = 1.0f / (float)(across * down);

    for (uint32_t y = 0; y < 8; y++)
        for (uint32_t x = 0; x < 8; x++) {
            float sum = 0;
            for (uint32_t j = 0; j < down; j++)
                for (uint32_t i = 0; i < across; i++)
                    sum += plane[(y * down + j) * SIDE + x * across + i];
            plane[y * SIDE + x] = sum * share; /* behind what has been read */
        }
}

static void shrink(float *plane, uint32_t across, uint32_t down)
{
    if (across == 2 && down == 2)
        shrink_by(plane, 2, 2);
    else if (across * down > 1)
        shrink_by(plane, across, down);
}

static inline int16_t limited(int value, int least, int most)
{
    return (int16_t)(value < least ? least : value > most ? most : value);
}

/* Add the transform of 8×8 differences to a block; return whether a coefficient has changed. `sizes` are the steps of the
 * coefficients, in natural order. */
static int add(const float *differences, const float *sizes, int16_t *block)
{
    float half[8][8], whole[BLOCK];
    int steps[BLOCK], ordered[BLOCK], changed = 0;

    for (int v = 0; v < 8; v++) {
        float sums[8] = {0};
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++)
                sums[x] += basis[v][y] * differences[y * SIDE + x];
        memcpy(half[v], sums, sizeof sums);
    }
    for (int v = 0; v < 8; v++) {
        float sums[8] = {0};
        for (int x = 0; x < 8; x++)
            for (int u = 0; u < 8; u++)
                sums[u] += half[v][x] * turned_basis[x][u];
        memcpy(whole + 8 * v, sums, sizeof sums);
    }
    for (int i = 0; i < BLOCK; i++)
        steps[i] = (int)rintf(whole[i] / sizes[i]);
    for (int place = 0; place < BLOCK; place++)
        ordered[place] = steps[NATURAL[place]];
    const int16_t dc = limited(block[0] + ordered[0], LEAST_DC, MOST_DC);
    changed |= dc ^ block[0];
    for (int place = 0; place < BLOCK; place++) {
        int16_t now = limited(block[place] + ordered[place], -MOST_AC, MOST_AC);
        changed |= place ? now ^ block[place] : 0;
        block[place] = now;
    }
    block[0] = dc;
    return changed != 0;
}

/* Add what has changed in the region to `blocks`, `changed` and `count`. */
int change_region(const struct jpeg *jpeg, struct change *change)
{
    const struct turn turn = change->turn;
    const struct order order = order_of(turn);
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t most_across = turn.transpose ? jpeg->components[0].down : jpeg->components[0].across;
    const uint32_t most_down = turn.transpose ? jpeg->components[0].across : jpeg->components[0].down;
    const size_t width = 8 * most_across, height = 8 * most_down, values = (size_t)blocks_of(jpeg) * BLOCK;
    float steps[COMPONENTS][BLOCK];
    struct planes planes;
    struct mcu own;

    prepare_basis();
    for (uint32_t c = 0; c < jpeg->count; c++)
        for (int i = 0; i < BLOCK; i++)
            steps[c][i] = (float)jpeg->components[c].quants[turn.transpose ? i % 8 * 8 + i / 8 : i];
    for (uint32_t y = change->y0; y < change->y1; y++)
        for (uint32_t x = change->x0; x < change->x1; x++) {
            const size_t mcu = (size_t)y * columns + x, left = x * width, top = y * height;
            const struct pixels pixels = {
                .before = change->before + (top - change->y0 * height) * change->stride + left - change->x0 * width,
                .after = change->after + top * change->width + left,
                .before_stride = change->stride,
                .after_stride = change->width,
                .width = least(width, change->width - left),
                .height = least(height, change->height - top),
            };
            if (change->regions[mcu] != change->region || same(&pixels))
                continue;
            if (fetch(jpeg, turn, &order, x, y, &own) != DONE)
                return DOUBT;
            subtract(&pixels, width, height, &planes);
            uint32_t first = 0;
            int changed = 0;
            for (uint32_t c = 0; c < jpeg->count; c++) {
                const struct component *component = &jpeg->components[c];
                const uint32_t across = turn.transpose ? component->down : component->across;
                const uint32_t down = turn.transpose ? component->across : component->down;
                shrink(planes.values[c], most_across / across, most_down / down);
                for (uint32_t b = 0; b < across * down; b++)
                    changed |= add(planes.values[c] + b / across * 8 * SIDE + b % across * 8, steps[c], own.blocks[first++]);
            }
            if (changed) {
                memcpy(change->blocks + change->count * values, own.blocks, values * sizeof *change->blocks);
                change->changed[mcu] = (int32_t)change->count++;
            }
        }
    return DONE;
}
