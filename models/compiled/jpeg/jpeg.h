/* A baseline JPEG between its headers and its end: the entropy-coded bits of its MCUs (ITU-T T.81, annexes A and F).
 *
 * `scan` walks all bits once and notes where each MCU begins; everything else starts from these places. The bits come from
 * strangers, so nothing here trusts them. Every walk reads what `scan` has accepted, or stops within BEHIND bytes of the
 * end, where there are zeros. On any doubt a function returns a status, and the caller decodes the photo as a whole.
 *
 * frame.py has read the headers, and fills the structures. The 64 coefficients of a block are in zigzag order, except for
 * `quants`, which are in natural order: row by row.
 */

#ifndef PHOTOBATCH_JPEG_H
#define PHOTOBATCH_JPEG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    BLOCK = 64,
    COMPONENTS = 3,
    MOST_BLOCKS = 10, /* of an MCU: B.2.3 */
    MCU_BYTES = 2304, /* an MCU takes at most 10 × (16 + 11 + 63 × (16 + 10)) bits, 2,082 bytes */
    QUICK = 10,       /* bits of a code and its value that are found at once */
    WINDOW = 13,      /* bits of codes with their values that `scan` skips at once */
    BEHIND = 4096,    /* zeros behind the bits, for what reads ahead */
};

enum status { DONE, DOUBT, NO_SYMBOL, NO_ROOM };

struct component {
    uint32_t across, down;   /* blocks in an MCU */
    const uint16_t *dc, *ac; /* (65536): the code that 16 bits begin with, its length << 8 | its symbol; 0: none */
    uint32_t *quick;         /* (1024): codes with their values, see `struct coefficient`; stays in the nearest cache */
    uint16_t *skips;         /* (8192): for `scan`; `prepare` fills both */
    const uint16_t *quants;  /* (64) */

    /* The small picture: each block has cells_across × cells_down samples. */
    uint32_t cells_across, cells_down, last; /* 1, 2 or 4; the last coefficient in zigzag order that they need */
    const float *weights_across, *weights_down; /* (cells, cells): what each coefficient adds to each cell */
    uint8_t *cells;                             /* (rows × down × cells_down, columns × across × cells_across) */
};

struct jpeg {
    const uint8_t *bits; /* without stuffing and markers; BEHIND zeros follow */
    size_t bytes;
    uint32_t columns, rows;          /* MCUs */
    uint32_t interval;               /* MCUs between restarts */
    const uint32_t *starts;          /* the byte at which each interval begins, then `bytes` */
    uint32_t count;                  /* components: 1 or 3 */
    uint32_t *places;                /* (rows × columns): the bit at which each MCU begins */
    int16_t *before;                 /* (rows × columns, 3): the DC values that an MCU's DC values are coded against */
    uint32_t *ends;                  /* the bit behind the last MCU of each interval */
    int16_t *after;                  /* (intervals, 3): the DC values of that MCU */
    struct component components[COMPONENTS];
};

/* How the picture is turned: transposed first, then flipped. */
struct turn {
    uint32_t transpose, flip_x, flip_y;
};

struct code {
    const uint16_t *codes;  /* (256), by symbol */
    const uint8_t *lengths; /* (256); 0: no code */
};

static const uint8_t NATURAL[BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

enum { END_OF_BLOCK = 0x00, SIXTEEN_ZEROS = 0xF0, LEAST_DC = -1024, MOST_DC = 1023, MOST_AC = 1023 };

/* Bits, the next one at the top. */
struct reader {
    const uint8_t *next;
    uint64_t bits;
    unsigned count;
};

static inline uint64_t big_endian(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value); /* of a little-endian machine, as in pixel.h */
}

/* Afterwards there are at least 56 bits. */
static inline void refill(struct reader *in)
{
    in->bits |= big_endian(in->next) >> in->count;
    in->next += (63 - in->count) >> 3;
    in->count |= 56;
}

static inline void skip(struct reader *in, unsigned count)
{
    in->bits <<= count;
    in->count -= count;
}

static inline struct reader reader_at(const uint8_t *bits, size_t place)
{
    struct reader in = {.next = bits + (place >> 3)};
    refill(&in);
    skip(&in, place & 7);
    return in;
}

static inline size_t place_of(const struct reader *in, const uint8_t *bits)
{
    return (size_t)(in->next - bits) * 8 - in->count;
}

/* F.2.2.1: the signed value of `size` bits, 1 to 15. */
static inline int signed_bits(struct reader *in, unsigned size)
{
    int value = (int)(in->bits >> (64 - size));
    skip(in, size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

/* Read a DC value; 0 on doubt. There must be 27 bits. */
static inline int read_dc(struct reader *in, const uint16_t *table, int *dc)
{
    unsigned found = table[in->bits >> 48];
    unsigned size = found & 0xFF;
    skip(in, found >> 8);
    if (size)
        *dc += signed_bits(in, size);
    return found && *dc >= LEAST_DC && *dc <= MOST_DC;
}

/* An AC code with the value that follows it. In `quick`: bits | zeros << 4 | ends << 8 | value << 16; 0 where both together
 * take more than QUICK bits. */
struct coefficient {
    unsigned zeros; /* before it */
    int ends;       /* whether the block ends instead */
    int value;      /* 0: sixteen zeros */
};

/* Read what comes next; 0 on doubt. There must be 26 bits. */
static inline int read_ac(struct reader *in, const struct component *component, struct coefficient *next)
{
    const uint32_t known = component->quick[in->bits >> (64 - QUICK)];
    if (known) {
        skip(in, known & 15);
        *next = (struct coefficient){known >> 4 & 15, known >> 8 & 1, (int32_t)known >> 16};
        return 1;
    }
    const unsigned found = component->ac[in->bits >> 48], size = found & 15;
    skip(in, found >> 8);
    *next = (struct coefficient){found >> 4 & 15, (found & 0xFF) == END_OF_BLOCK, size ? signed_bits(in, size) : 0};
    return found != 0;
}

static inline uint32_t blocks_of(const struct jpeg *jpeg)
{
    uint32_t blocks = 0;
    for (uint32_t c = 0; c < jpeg->count; c++)
        blocks += jpeg->components[c].across * jpeg->components[c].down;
    return blocks;
}

static inline int is_upright(struct turn turn)
{
    return !(turn.transpose || turn.flip_x || turn.flip_y);
}

/* Where each coefficient of the stored picture is in the turned one, and its sign there. */
struct order {
    uint8_t places[BLOCK];
    int8_t signs[BLOCK];
};

struct order order_of(struct turn turn);

/* The blocks of an MCU of the turned picture. */
struct mcu {
    int16_t blocks[MOST_BLOCKS][BLOCK];
    uint64_t used[MOST_BLOCKS]; /* which coefficients are not 0, without the first */
};

/* Read an MCU of the turned picture that `scan` has accepted. */
int fetch(const struct jpeg *jpeg, struct turn turn, const struct order *order, uint32_t x, uint32_t y,
          struct mcu *mcu);

/* What the bits of a rectangle of MCUs are made of. */
struct output {
    struct turn turn;
    uint32_t x0, y0, x1, y1; /* MCUs of the turned picture */
    uint32_t interval;       /* as in `jpeg`, or 0: no restarts */
    uint32_t anew;           /* whether nothing may be copied, because the codes are others */
    const int32_t *changed;  /* (rows, columns) of the turned picture: which of `blocks` an MCU has now; -1: its own */
    const int16_t *blocks;   /* (n, blocks of an MCU, 64) */
    struct code dc[COMPONENTS], ac[COMPONENTS];
    uint8_t *to;
    size_t room, written;
};

/* A part of a picture whose pixels may have changed. */
struct change {
    struct turn turn;
    uint32_t width, height; /* pixels of the turned picture */
    const uint32_t *after;  /* (height, width), red in the lowest byte */

    /* A region of whole MCUs, or up to the picture's edges, as it was. */
    const uint32_t *before;
    size_t stride;           /* pixels in a row of `before` */
    uint32_t x0, y0, x1, y1; /* MCUs */
    int32_t region;          /* its number */

    const int32_t *regions; /* (rows, columns): the number of the region in which an MCU counts */
    int32_t *changed;       /* (rows, columns): gets the index of an MCU that changed */
    int16_t *blocks;        /* room for every MCU of all regions */
    uint32_t count;         /* MCUs in `blocks` */
};

int unstuff(const uint8_t *from, size_t size, uint8_t *to, uint32_t *starts, uint32_t intervals, size_t *used);
void prepare(const struct jpeg *jpeg);
int scan(const struct jpeg *jpeg);
int change_region(const struct jpeg *jpeg, struct change *change);
int write_bits(const struct jpeg *jpeg, struct output *output);

#endif
