/* Pixels that changed become coefficients: the transform of the difference is added to the source's coefficients, so that
 * nothing is lost where nothing changed. */

#include "jpeg.h"

#include <math.h>

struct change {
    struct turn turn;
    uint32_t x0, y0, x1, y1;       /* MCUs of the turned picture */
    const uint32_t *before, *after; /* the pixels of these MCUs, red in the lowest byte; rows of whole MCUs */
    int32_t *changed;              /* (rows, columns) of the turned picture: gets the index of an MCU that changed */
    int16_t *blocks;               /* room for every MCU of the rectangle behind those that there are */
    uint32_t count;                /* MCUs in `blocks` */
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

/* The difference of an MCU in Y, Cb and Cr (ITU-T T.871); 0 if there is none. */
static int differ(const uint32_t *before, const uint32_t *after, size_t stride, uint32_t width, uint32_t height,
                  struct planes *planes)
{
    uint32_t any = 0;

    for (uint32_t y = 0; y < height; y++) {
        const uint32_t *old = before + y * stride, *now = after + y * stride;
        float *luma = planes->values[0] + y * SIDE, *blue = planes->values[1] + y * SIDE;
        float *red = planes->values[2] + y * SIDE;
        for (uint32_t x = 0; x < width; x++) {
            any |= (old[x] ^ now[x]) & 0xFFFFFF;
            float r = (float)((int)(now[x] & 0xFF) - (int)(old[x] & 0xFF));
            float g = (float)((int)(now[x] >> 8 & 0xFF) - (int)(old[x] >> 8 & 0xFF));
            float b = (float)((int)(now[x] >> 16 & 0xFF) - (int)(old[x] >> 16 & 0xFF));
            luma[x] = 0.299f * r + 0.587f * g + 0.114f * b;
            blue[x] = -0.168735892f * r - 0.331264108f * g + 0.5f * b;
            red[x] = 0.5f * r - 0.418687589f * g - 0.081312411f * b;
        }
    }
    return any != 0;
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

static int16_t limited(float value, float least, float most)
{
    return (int16_t)(value < least ? least : value > most ? most : value);
}

/* Add the transform of 8×8 differences to a block; return whether a coefficient has changed. */
static int add(const float *differences, const uint16_t *quants, int16_t *block)
{
    float half[8][8] = {{0}}, whole[8][8] = {{0}};
    int changed = 0;

    for (int v = 0; v < 8; v++)
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++)
                half[v][x] += basis[v][y] * differences[y * SIDE + x];
    for (int v = 0; v < 8; v++)
        for (int x = 0; x < 8; x++)
            for (int u = 0; u < 8; u++)
                whole[v][u] += half[v][x] * turned_basis[x][u];
    for (int i = 0; i < BLOCK; i++) {
        float value = (float)block[i] + rintf(whole[i / 8][i % 8] / (float)quants[i]);
        int16_t now = limited(value, i ? -MOST_AC : LEAST_DC, i ? MOST_AC : MOST_DC);
        changed |= now != block[i];
        block[i] = now;
    }
    return changed;
}

/* Add what has changed to `blocks` and `changed`. */
int change(const struct jpeg *jpeg, struct change *change)
{
    const struct turn turn = change->turn;
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t most_across = turn.transpose ? jpeg->components[0].down : jpeg->components[0].across;
    const uint32_t most_down = turn.transpose ? jpeg->components[0].across : jpeg->components[0].down;
    const uint32_t width = 8 * most_across, height = 8 * most_down;
    const size_t stride = (size_t)(change->x1 - change->x0) * width;
    const size_t mcu_values = (size_t)blocks_of(jpeg) * BLOCK;
    struct planes planes;

    prepare_basis();
    for (uint32_t y = change->y0; y < change->y1; y++)
        for (uint32_t x = change->x0; x < change->x1; x++) {
            size_t place = (size_t)(y - change->y0) * height * stride + (size_t)(x - change->x0) * width;
            if (!differ(change->before + place, change->after + place, stride, width, height, &planes))
                continue;
            int16_t *blocks = change->blocks + change->count * mcu_values;
            if (fetch(jpeg, turn, x, y, blocks) != DONE)
                return DOUBT;
            int changed = 0;
            for (uint32_t c = 0; c < jpeg->count; c++) {
                const struct component *component = &jpeg->components[c];
                const uint32_t across = turn.transpose ? component->down : component->across;
                const uint32_t down = turn.transpose ? component->across : component->down;
                uint16_t quants[BLOCK];
                for (int i = 0; i < BLOCK; i++)
                    quants[i] = component->quants[turn.transpose ? i % 8 * 8 + i / 8 : i];
                shrink(planes.values[c], most_across / across, most_down / down, 8 * across, 8 * down);
                for (uint32_t b = 0; b < across * down; b++, blocks += BLOCK)
                    changed |= add(planes.values[c] + b / across * 8 * SIDE + b % across * 8, quants, blocks);
            }
            if (changed)
                change->changed[(size_t)y * columns + x] = (int32_t)change->count++;
        }
    return DONE;
}
