/* One walk over the bits of a JPEG: where each MCU begins, and a small picture of the lowest coefficients. */

#include "jpeg.h"

/* Copy the bits without stuffing. `starts` gets where each of the `intervals` begins and the end; `used` the bytes that
 * were read, up to the marker at the end of the image. Anything but restart markers in their order is in doubt. */
int unstuff(const uint8_t *from, size_t size, uint8_t *to, uint32_t *starts, uint32_t intervals, size_t *used)
{
    const uint8_t *at = from, *end = from + size;
    uint8_t *out = to;
    uint32_t found = 0;

    if (size > UINT32_MAX / 8 || intervals == 0)
        return DOUBT;
    starts[found++] = 0;
    for (;;) {
        const uint8_t *marker = memchr(at, 0xFF, (size_t)(end - at));
        if (marker == NULL || end - marker < 2)
            return DOUBT; /* truncated */
        memcpy(out, at, (size_t)(marker - at));
        out += marker - at;
        at = marker + 2;
        if (marker[1] == 0x00) {
            *out++ = 0xFF;
        } else if (marker[1] == 0xD9) {
            *used = (size_t)(marker - from);
            break;
        } else {
            if (marker[1] != (0xD0 | ((found - 1) & 7)) || found == intervals)
                return DOUBT;
            starts[found++] = (uint32_t)(out - to);
        }
    }
    if (found != intervals)
        return DOUBT;
    starts[found] = (uint32_t)(out - to);
    memset(out, 0, BEHIND);
    return DONE;
}

/* What WINDOW bits of AC codes hold: the bits of all whole symbols << 0 | the coefficients that they fill << 4 | whether the
 * block ends with them << 11; 0: not one whole symbol. */
enum { TAKEN = 15, FILLED = 127, FILLED_AT = 4, ENDS_AT = 11 };

static void prepare_quick(const uint16_t *ac, uint32_t *quick)
{
    for (uint32_t bits = 0; bits < 1 << QUICK; bits++) {
        const unsigned found = ac[bits << (16 - QUICK)], size = found & 15, length = (found >> 8) + size;
        struct reader in = {.bits = (uint64_t)bits << (64 - QUICK), .count = 64};
        quick[bits] = 0;
        if (!found || length > QUICK)
            continue;
        skip(&in, found >> 8);
        int32_t value = size ? signed_bits(&in, size) : 0;
        uint32_t ends = (found & 0xFF) == END_OF_BLOCK;
        quick[bits] = length | (found >> 4 & 15) << 4 | ends << 8 | (uint32_t)value << 16;
    }
}

static void prepare_skips(const uint16_t *ac, uint16_t *skips)
{
    for (uint32_t window = 0; window < 1 << WINDOW; window++) {
        unsigned taken = 0, filled = 0, ends = 0;
        while (!ends) {
            uint32_t rest = (window << (16 - WINDOW) << taken) & 0xFFFF;
            unsigned found = ac[rest], run = found >> 4 & 15, size = found & 15, bits = (found >> 8) + size;
            if (!found || taken + bits > WINDOW || filled + run + 1 > 63)
                break;
            taken += bits;
            ends = (found & 0xFF) == END_OF_BLOCK;
            filled += ends ? 0 : run + 1;
        }
        skips[window] = (uint16_t)(taken | filled << FILLED_AT | ends << ENDS_AT);
    }
}

/* Fill the tables of the components; do this first. */
void prepare(const struct jpeg *jpeg)
{
    for (uint32_t c = 0; c < jpeg->count; c++) {
        prepare_quick(jpeg->components[c].ac, jpeg->components[c].quick);
        prepare_skips(jpeg->components[c].ac, jpeg->components[c].skips);
    }
}

/* Read the AC coefficients up to `last` into `block`, in natural order, which is zero there, and skip the others. `flat`
 * gets whether there is none. */
static inline int pass(struct reader *in, const struct component *component, int16_t *block, int *flat)
{
    const uint16_t *skips = component->skips;
    unsigned place = 1;

    while (place < BLOCK) {
        refill(in);
        if (place > component->last) {
            unsigned windows = 0;
            for (; windows < 4; windows++) { /* so many are there after a refill */
                unsigned known = skips[in->bits >> (64 - WINDOW)];
                unsigned then = place + (known >> FILLED_AT & FILLED);
                if (!known || then >= BLOCK)
                    break;
                skip(in, known & TAKEN);
                place = then;
                if (known >> ENDS_AT)
                    return 1;
            }
            if (windows)
                continue;
        }
        struct coefficient next;
        if (!read_ac(in, component, &next))
            return 0;
        if (next.ends)
            return 1;
        place += next.zeros;
        if (place >= BLOCK)
            return 0;
        if (next.value) {
            if (place <= component->last) {
                block[NATURAL[place]] = (int16_t)next.value;
                *flat = 0;
            }
        } else if (place == BLOCK - 1) {
            return 0; /* sixteen zeros with nothing behind them */
        }
        place++;
    }
    return 1;
}

static inline uint8_t sample(float value)
{
    value += 128.5f;
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

/* The cells of a block, from its lowest coefficients. Constant sizes make a loop without branches of it. */
static inline void draw_cells(const struct component *component, const int16_t *block, uint8_t *cells, size_t stride,
                              const uint32_t across, const uint32_t down)
{
    const float *weights_across = component->weights_across, *weights_down = component->weights_down;
    float rows[4][4];

    for (uint32_t v = 0; v < down; v++)
        for (uint32_t x = 0; x < across; x++) {
            float sum = 0;
            for (uint32_t u = 0; u < across; u++)
                sum += (float)(block[8 * v + u] * component->quants[8 * v + u]) * weights_across[across * x + u];
            rows[v][x] = sum;
        }
    for (uint32_t y = 0; y < down; y++)
        for (uint32_t x = 0; x < across; x++) {
            float sum = 0;
            for (uint32_t v = 0; v < down; v++)
                sum += rows[v][x] * weights_down[down * y + v];
            cells[y * stride + x] = sample(sum);
        }
}

static inline void draw(const struct component *component, const int16_t *block, int flat, uint8_t *cells, size_t stride)
{
    const uint32_t across = component->cells_across, down = component->cells_down;

    if (flat) {
        uint8_t value = sample((float)(block[0] * component->quants[0]) / 8);
        for (uint32_t y = 0; y < down; y++)
            for (uint32_t x = 0; x < across; x++)
                cells[y * stride + x] = value;
    } else if (across == 2 && down == 2) {
        draw_cells(component, block, cells, stride, 2, 2);
    } else if (across == 4 && down == 4) {
        draw_cells(component, block, cells, stride, 4, 4);
    } else {
        draw_cells(component, block, cells, stride, across, down);
    }
}

static int scan_mcu(const struct jpeg *jpeg, struct reader *in, uint32_t mcu, int *dcs)
{
    const uint32_t x = mcu % jpeg->columns, y = mcu / jpeg->columns;

    for (uint32_t c = 0; c < jpeg->count; c++) {
        const struct component *component = &jpeg->components[c];
        const size_t stride = (size_t)jpeg->columns * component->across * component->cells_across;
        for (uint32_t j = 0; j < component->down; j++)
            for (uint32_t i = 0; i < component->across; i++) {
                int16_t block[BLOCK] = {0};
                int flat = 1;
                refill(in);
                if (!read_dc(in, component->dc, &dcs[c]))
                    return 0;
                block[0] = (int16_t)dcs[c];
                if (!pass(in, component, block, &flat))
                    return 0;
                size_t row = ((size_t)y * component->down + j) * component->cells_down;
                size_t column = ((size_t)x * component->across + i) * component->cells_across;
                draw(component, block, flat, component->cells + row * stride + column, stride);
            }
    }
    return 1;
}

static void note(const int *dcs, int16_t *to)
{
    for (int c = 0; c < COMPONENTS; c++)
        to[c] = (int16_t)dcs[c];
}

/* Fill places, before, ends, after and the components' cells. */
int scan(const struct jpeg *jpeg)
{
    const uint32_t mcus = jpeg->rows * jpeg->columns;

    for (uint32_t first = 0, k = 0; first < mcus; first += jpeg->interval, k++) {
        struct reader in = reader_at(jpeg->bits, (size_t)jpeg->starts[k] * 8);
        const size_t end = jpeg->starts[k + 1];
        const uint32_t behind = mcus - first < jpeg->interval ? mcus : first + jpeg->interval;
        int dcs[COMPONENTS] = {0};
        for (uint32_t mcu = first; mcu < behind; mcu++) {
            if (in.next > jpeg->bits + end + 8)
                return DOUBT;
            jpeg->places[mcu] = (uint32_t)place_of(&in, jpeg->bits);
            note(dcs, jpeg->before + COMPONENTS * mcu);
            if (!scan_mcu(jpeg, &in, mcu, dcs))
                return DOUBT;
        }
        size_t place = place_of(&in, jpeg->bits);
        if (place > end * 8 || end * 8 - place >= 8)
            return DOUBT; /* cut off, or followed by bits that belong to nothing */
        jpeg->ends[k] = (uint32_t)place;
        note(dcs, jpeg->after + COMPONENTS * k);
    }
    return DONE;
}
