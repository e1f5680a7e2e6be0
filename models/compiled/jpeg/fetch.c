/* The coefficients of one MCU, in the order of the turned picture. */

#include "jpeg.h"

struct order order_of(struct turn turn)
{
    struct order order;
    uint8_t zigzag[BLOCK];

    for (int place = 0; place < BLOCK; place++)
        zigzag[NATURAL[place]] = (uint8_t)place;
    for (int place = 0; place < BLOCK; place++) {
        unsigned v = NATURAL[place] / 8, u = NATURAL[place] % 8;
        if (turn.transpose) {
            unsigned swapped = u;
            u = v;
            v = swapped;
        }
        order.places[place] = zigzag[8 * v + u];
        order.signs[place] = (turn.flip_x & u & 1) ^ (turn.flip_y & v & 1) ? -1 : 1;
    }
    return order;
}

/* `block` is zero. */
static inline int read_block(struct reader *in, const struct component *component, const struct order *order, int *dc,
                             int16_t *block, uint64_t *used)
{
    uint64_t found_at = 0;

    refill(in);
    if (!read_dc(in, component->dc, dc))
        return 0;
    block[0] = (int16_t)*dc;
    for (unsigned place = 1; place < BLOCK; place++) {
        refill(in);
        struct coefficient next;
        if (!read_ac(in, component, &next))
            return 0;
        if (next.ends)
            break;
        place += next.zeros;
        if (place >= BLOCK)
            return 0;
        if (next.value) {
            unsigned to = order->places[place];
            block[to] = (int16_t)(next.value * order->signs[place]);
            found_at |= (uint64_t)1 << to;
        }
    }
    *used = found_at;
    return 1;
}

int fetch(const struct jpeg *jpeg, struct turn turn, const struct order *order, uint32_t x, uint32_t y,
          struct mcu *mcu)
{
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t rows = turn.transpose ? jpeg->columns : jpeg->rows;

    x = turn.flip_x ? columns - 1 - x : x;
    y = turn.flip_y ? rows - 1 - y : y;
    const uint32_t stored = turn.transpose ? x * jpeg->columns + y : y * jpeg->columns + x;
    struct reader in = reader_at(jpeg->bits, jpeg->places[stored]);
    uint32_t first = 0;

    memset(mcu->blocks, 0, sizeof mcu->blocks[0] * blocks_of(jpeg));
    for (uint32_t c = 0; c < jpeg->count; c++) {
        const struct component *component = &jpeg->components[c];
        const uint32_t across = turn.transpose ? component->down : component->across;
        const uint32_t down = turn.transpose ? component->across : component->down;
        int dc = jpeg->before[COMPONENTS * stored + c];
        for (uint32_t j = 0; j < component->down; j++)
            for (uint32_t i = 0; i < component->across; i++) {
                uint32_t column = turn.transpose ? j : i, row = turn.transpose ? i : j;
                column = turn.flip_x ? across - 1 - column : column;
                row = turn.flip_y ? down - 1 - row : row;
                uint32_t b = first + row * across + column;
                if (!read_block(&in, component, order, &dc, mcu->blocks[b], &mcu->used[b]))
                    return DOUBT;
            }
        first += across * down;
    }
    return DONE;
}
