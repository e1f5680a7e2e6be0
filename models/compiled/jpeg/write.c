/* The bits of a rectangle of MCUs: what has not changed is copied, the rest is coded anew. */

#include "jpeg.h"

/* Bits that are not yet written: the lowest `count` of `bits`, less than 32. */
struct writer {
    uint8_t *next, *end;
    uint64_t bits;
    unsigned count;
    int lacks; /* whether a symbol had no code */
};

static inline void put_bytes(struct writer *out, uint32_t word, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        uint8_t byte = (uint8_t)(word >> 8 * i);
        *out->next++ = byte;
        if (byte == 0xFF)
            *out->next++ = 0;
    }
}

/* `count` is at most 32. The caller has seen to the room. */
static inline void put(struct writer *out, uint32_t value, unsigned count)
{
    out->bits = out->bits << count | value;
    out->count += count;
    if (out->count < 32)
        return;
    out->count -= 32;
    uint32_t word = (uint32_t)(out->bits >> out->count);
    if (((~word - 0x01010101u) & word & 0x80808080u) == 0) { /* no byte is 0xFF */
        word = __builtin_bswap32(word);
        memcpy(out->next, &word, sizeof word);
        out->next += 4;
    } else {
        put_bytes(out, word, 4);
    }
}

/* Fill the last byte with ones: F.1.2.3. */
static void align(struct writer *out)
{
    unsigned rest = -out->count & 7;
    put(out, (1u << rest) - 1, rest);
    put_bytes(out, (uint32_t)out->bits, (int)(out->count / 8));
    out->bits = out->count = 0;
}

static int copy(struct writer *out, const uint8_t *bits, size_t from, size_t to)
{
    if ((size_t)(out->end - out->next) < (to - from) / 8 * 2 + MCU_BYTES)
        return 0;
    while (from + 32 <= to) {
        put(out, (uint32_t)(big_endian(bits + (from >> 3)) << (from & 7) >> 32), 32);
        from += 32;
    }
    unsigned rest = (unsigned)(to - from);
    if (rest)
        put(out, (uint32_t)(big_endian(bits + (from >> 3)) << (from & 7) >> (64 - rest)), rest);
    return 1;
}

/* A symbol and the bits that follow it. */
static inline void put_symbol(struct writer *out, const struct code *code, unsigned symbol, int value, unsigned size)
{
    const uint32_t bits = (uint32_t)(value < 0 ? value - 1 : value) & ((1u << size) - 1);

    out->lacks |= code->lengths[symbol] == 0;
    put(out, (uint32_t)code->codes[symbol] << size | bits, code->lengths[symbol] + size);
}

static inline unsigned size_of(int value)
{
    return value == 0 ? 0 : 32 - (unsigned)__builtin_clz((unsigned)(value < 0 ? -value : value));
}

static void put_block(struct writer *out, const struct output *output, uint32_t component, const int16_t *block,
                      uint64_t used, int dc)
{
    const struct code *ac = &output->ac[component];
    unsigned last = 0, size = size_of(block[0] - dc);

    put_symbol(out, &output->dc[component], size, block[0] - dc, size);
    while (used) {
        unsigned place = (unsigned)__builtin_ctzll(used), zeros = place - last - 1;
        used &= used - 1;
        last = place;
        for (; zeros > 15; zeros -= 16)
            put_symbol(out, ac, SIXTEEN_ZEROS, 0, 0);
        size = size_of(block[place]);
        put_symbol(out, ac, zeros << 4 | size, block[place], size);
    }
    if (last < BLOCK - 1)
        put_symbol(out, ac, END_OF_BLOCK, 0, 0);
}

static int put_mcu(struct writer *out, const struct jpeg *jpeg, const struct output *output, const struct mcu *mcu,
                   int16_t *dcs)
{
    uint32_t first = 0;

    if (out->end - out->next < 2 * MCU_BYTES)
        return 0;
    for (uint32_t c = 0; c < jpeg->count; c++) {
        uint32_t behind = first + jpeg->components[c].across * jpeg->components[c].down;
        for (; first < behind; first++) {
            put_block(out, output, c, mcu->blocks[first], mcu->used[first], dcs[c]);
            dcs[c] = mcu->blocks[first][0];
        }
    }
    return 1;
}

/* The MCU that took the place of another. */
static void new_mcu(const int16_t *from, uint32_t blocks, struct mcu *mcu)
{
    memcpy(mcu->blocks, from, sizeof mcu->blocks[0] * blocks);
    for (uint32_t b = 0; b < blocks; b++) {
        mcu->used[b] = 0;
        for (int place = 1; place < BLOCK; place++)
            mcu->used[b] |= (uint64_t)(mcu->blocks[b][place] != 0) << place;
    }
}

static int32_t change_of(const struct output *output, uint32_t columns, uint32_t x, uint32_t y)
{
    return output->changed ? output->changed[(size_t)y * columns + x] : -1;
}

/* How many MCUs from (x, y) on are as they were, within the row of the rectangle and the interval. */
static uint32_t run_of(const struct jpeg *jpeg, const struct output *output, uint32_t x, uint32_t y)
{
    uint32_t most = output->x1 - x, run = 0;
    uint32_t rest = jpeg->interval - (y * jpeg->columns + x) % jpeg->interval;
    most = rest < most ? rest : most;
    while (run < most && change_of(output, jpeg->columns, x + run, y) < 0)
        run++;
    return run;
}

static int copy_run(struct writer *out, const struct jpeg *jpeg, uint32_t mcu, uint32_t run, int16_t *dcs)
{
    const uint32_t behind = mcu + run, interval = mcu / jpeg->interval;
    const int ends = behind % jpeg->interval == 0 || behind == jpeg->rows * jpeg->columns;
    const size_t end = ends ? jpeg->ends[interval] : jpeg->places[behind];
    const int16_t *last = ends ? jpeg->after + COMPONENTS * interval : jpeg->before + COMPONENTS * behind;

    memcpy(dcs, last, COMPONENTS * sizeof *dcs);
    return copy(out, jpeg->bits, jpeg->places[mcu], end);
}

/* Write the rectangle; `written` gets the bytes. */
int write_bits(const struct jpeg *jpeg, struct output *output)
{
    const struct turn turn = output->turn;
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t blocks = blocks_of(jpeg);
    const int copies = !output->anew && is_upright(turn);
    const struct order order = order_of(turn);
    struct writer out = {.next = output->to, .end = output->to + output->room};
    int16_t dcs[COMPONENTS] = {0};
    uint32_t done = 0;
    struct mcu own;

    for (uint32_t y = output->y0; y < output->y1; y++)
        for (uint32_t x = output->x0; x < output->x1;) {
            uint32_t mcu = y * columns + x, run = 1;
            int32_t change = change_of(output, columns, x, y);
            if (output->interval && done && done % output->interval == 0) {
                align(&out);
                if (out.end - out.next < 2)
                    return NO_ROOM;
                *out.next++ = 0xFF;
                *out.next++ = (uint8_t)(0xD0 | ((done / output->interval - 1) & 7));
                memset(dcs, 0, sizeof dcs);
            }
            int fits;
            if (change >= 0) {
                new_mcu(output->blocks + (size_t)change * blocks * BLOCK, blocks, &own);
                fits = put_mcu(&out, jpeg, output, &own, dcs);
            } else if (copies && memcmp(dcs, jpeg->before + COMPONENTS * mcu, jpeg->count * sizeof *dcs) == 0) {
                run = run_of(jpeg, output, x, y);
                fits = copy_run(&out, jpeg, mcu, run, dcs);
            } else {
                if (fetch(jpeg, turn, &order, x, y, &own) != DONE)
                    return DOUBT;
                fits = put_mcu(&out, jpeg, output, &own, dcs);
            }
            if (!fits)
                return NO_ROOM;
            x += run;
            done += run;
        }
    if (out.end - out.next < 2 * 8)
        return NO_ROOM;
    align(&out);
    output->written = (size_t)(out.next - output->to);
    return out.lacks ? NO_SYMBOL : DONE;
}
