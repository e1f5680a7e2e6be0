/* Pixels that changed become coefficients: the transform of the difference is added to the source's coefficients, so that
 * nothing is lost where nothing changed. */

#include "jpeg.h"

#include <math.h>

struct change {
    struct turn turn;
    uint32_t width, height;         /* pixels of the turned picture */
    const uint32_t *before, *after; /* (height, width), red in the lowest byte */
    const uint8_t *loaded;          /* (rows, columns) of the turned picture: whether these pixels of an MCU are there */
    int32_t *changed;               /* (rows, columns): gets the index of an MCU that changed */
    int16_t *blocks;                /* room for every MCU that is loaded */
    uint32_t count;                 /* gets the number of MCUs in `blocks` */
};

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

static int same(const struct change *change, size_t left, size_t top, size_t across, size_t down)
{
    const size_t columns = left + across < change->width ? across : change->width - left;
    const size_t bottom = top + down < change->height ? top + down : change->height;
    uint32_t any = 0;

    for (size_t y = top; y < bottom; y++) {
        const uint32_t *before = change->before + y * change->width + left;
        const uint32_t *after = change->after + y * change->width + left;
        for (size_t x = 0; x < columns; x++)
            any |= before[x] ^ after[x];
    }
    return (any & 0xFFFFFF) == 0;
}

/* The difference of an MCU at (left, top) in Y, Cb and Cr (ITU-T T.871), the picture's edge repeated. */
static void subtract(const struct change *change, size_t left, size_t top, size_t across, size_t down,
                     struct planes *planes)
{
    const size_t width = change->width, height = change->height;

    for (size_t y = 0; y < down; y++) {
        const size_t row = (top + y < height ? top + y : height - 1) * width;
        float *luma = planes->values[0] + y * SIDE, *blue = planes->values[1] + y * SIDE;
        float *red = planes->values[2] + y * SIDE;
        uint32_t old[SIDE], now[SIDE];
        for (size_t x = 0; x < across; x++) {
            size_t place = row + (left + x < width ? left + x : width - 1);
            old[x] = change->before[place];
            now[x] = change->after[place];
        }
        for (size_t x = 0; x < across; x++) {
            float r = (float)((int)(now[x] & 0xFF) - (int)(old[x] & 0xFF));
            float g = (float)((int)(now[x] >> 8 & 0xFF) - (int)(old[x] >> 8 & 0xFF));
            float b = (float)((int)(now[x] >> 16 & 0xFF) - (int)(old[x] >> 16 & 0xFF));
            luma[x] = 0.299f * r + 0.587f * g + 0.114f * b;
            blue[x] = -0.168735892f * r - 0.331264108f * g + 0.5f * b;
            red[x] = 0.5f * r - 0.418687589f * g - 0.081312411f * b;
        }
    }
}

/* Replace a plane by the means of its cells of `across` × `down`. */
static void shrink(float *plane, uint32_t across, uint32_t down, uint32_t width, uint32_t height)
{
    const float share = 1.0f / (float)(across * down);

    if (across * down == 1)
        return;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            float sum = 0;
            for (uint32_t j = 0; j < down; j++)
                for (uint32_t i = 0; i < across; i++)
                    sum += plane[(y * down + j) * SIDE + x * across + i];
            plane[y * SIDE + x] = sum * share; /* behind what has been read */
        }
}

static int16_t limited(int value, int least, int most)
{
    return (int16_t)(value < least ? least : value > most ? most : value);
}

/* Add the transform of 8×8 differences to a block; return whether a coefficient has changed. */
static int add(const float *differences, const uint16_t *quants, int16_t *block)
{
    float half[8][8] = {{0}}, whole[8][8] = {{0}};
    int steps[BLOCK], changed = 0;

    for (int v = 0; v < 8; v++)
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++)
                half[v][x] += basis[v][y] * differences[y * SIDE + x];
    for (int v = 0; v < 8; v++)
        for (int x = 0; x < 8; x++)
            for (int u = 0; u < 8; u++)
                whole[v][u] += half[v][x] * turned_basis[x][u];
    for (int i = 0; i < BLOCK; i++)
        steps[i] = (int)rintf(whole[i / 8][i % 8] / (float)quants[i]);
    for (int place = 0; place < BLOCK; place++) {
        int step = steps[NATURAL[place]];
        if (step == 0)
            continue;
        int16_t now = limited(block[place] + step, place ? -MOST_AC : LEAST_DC, place ? MOST_AC : MOST_DC);
        changed |= now != block[place];
        block[place] = now;
    }
    return changed;
}

/* Fill `blocks`, `changed` and `count`. */
int change(const struct jpeg *jpeg, struct change *change)
{
    const struct turn turn = change->turn;
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t mcus = jpeg->rows * jpeg->columns;
    const uint32_t most_across = turn.transpose ? jpeg->components[0].down : jpeg->components[0].across;
    const uint32_t most_down = turn.transpose ? jpeg->components[0].across : jpeg->components[0].down;
    const size_t width = 8 * most_across, height = 8 * most_down, values = (size_t)blocks_of(jpeg) * BLOCK;
    const struct order order = order_of(turn);
    struct planes planes;
    struct mcu own;

    prepare_basis();
    change->count = 0;
    for (uint32_t mcu = 0; mcu < mcus; mcu++) {
        const uint32_t x = mcu % columns, y = mcu / columns;
        if (!change->loaded[mcu] || same(change, x * width, y * height, width, height))
            continue;
        subtract(change, x * width, y * height, width, height, &planes);
        if (fetch(jpeg, turn, &order, x, y, &own) != DONE)
            return DOUBT;
        uint32_t first = 0;
        int changed = 0;
        for (uint32_t c = 0; c < jpeg->count; c++) {
            const struct component *component = &jpeg->components[c];
            const uint32_t across = turn.transpose ? component->down : component->across;
            const uint32_t down = turn.transpose ? component->across : component->down;
            uint16_t quants[BLOCK];
            for (int i = 0; i < BLOCK; i++)
                quants[i] = component->quants[turn.transpose ? i % 8 * 8 + i / 8 : i];
            shrink(planes.values[c], most_across / across, most_down / down, 8 * across, 8 * down);
            for (uint32_t b = 0; b < across * down; b++)
                changed |= add(planes.values[c] + b / across * 8 * SIDE + b % across * 8, quants, own.blocks[first++]);
        }
        if (changed) {
            memcpy(change->blocks + change->count * values, own.blocks, values * sizeof *change->blocks);
            change->changed[mcu] = (int32_t)change->count++;
        }
    }
    return DONE;
}
