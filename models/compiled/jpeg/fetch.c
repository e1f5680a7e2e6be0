/* The coefficients of one MCU, in the order of the turned picture. */

#include "jpeg.h"

static int read_block(struct reader *in, const struct component *component, int *dc, int16_t *block)
{
    refill(in);
    if (!read_dc(in, component->dc, dc))
        return 0;
    block[0] = (int16_t)*dc;
    for (unsigned place = 1; place < BLOCK; place++) {
        if (in->count < 32)
            refill(in);
        unsigned found = component->ac[in->bits >> 48], run = found >> 4 & 15, size = found & 15;
        skip(in, found >> 8);
        if (!found)
            return 0;
        if ((found & 0xFF) == END_OF_BLOCK)
            return 1;
        place += run;
        if (place >= BLOCK)
            return 0;
        if (size)
            block[NATURAL[place]] = (int16_t)signed_bits(in, size);
    }
    return 1;
}

static void turned(const int16_t *from, struct turn turn, int16_t *to)
{
    for (int v = 0; v < 8; v++)
        for (int u = 0; u < 8; u++) {
            int16_t value = turn.transpose ? from[8 * u + v] : from[8 * v + u];
            int odd = (turn.flip_x & (uint32_t)u & 1) ^ (turn.flip_y & (uint32_t)v & 1);
            to[8 * v + u] = odd ? (int16_t)-value : value;
        }
}

int fetch(const struct jpeg *jpeg, struct turn turn, uint32_t x, uint32_t y, int16_t *blocks)
{
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t rows = turn.transpose ? jpeg->columns : jpeg->rows;
    const int upright = !(turn.transpose || turn.flip_x || turn.flip_y);

    x = turn.flip_x ? columns - 1 - x : x;
    y = turn.flip_y ? rows - 1 - y : y;
    const uint32_t mcu = turn.transpose ? x * jpeg->columns + y : y * jpeg->columns + x;
    struct reader in = reader_at(jpeg->bits, jpeg->places[mcu]);

    for (uint32_t c = 0; c < jpeg->count; c++) {
        const struct component *component = &jpeg->components[c];
        const uint32_t across = turn.transpose ? component->down : component->across;
        const uint32_t down = turn.transpose ? component->across : component->down;
        int dc = jpeg->before[COMPONENTS * mcu + c];
        for (uint32_t j = 0; j < component->down; j++)
            for (uint32_t i = 0; i < component->across; i++) {
                uint32_t column = turn.transpose ? j : i, row = turn.transpose ? i : j;
                column = turn.flip_x ? across - 1 - column : column;
                row = turn.flip_y ? down - 1 - row : row;
                int16_t block[BLOCK] = {0};
                if (!read_block(&in, component, &dc, block))
                    return DOUBT;
                int16_t *to = blocks + BLOCK * (row * across + column);
                if (upright)
                    memcpy(to, block, sizeof block);
                else
                    turned(block, turn, to);
            }
        blocks += BLOCK * across * down;
    }
    return DONE;
}
