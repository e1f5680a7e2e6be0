/* Damages the bits of a JPEG again and again, and does everything with them that the library can: `storm FILE TIMES SEED`.
 * FILE is what storm.py has written. Built with sanitizers. Every array has its exact size, so that they see each step
 * beyond it. Ends with 1 where a file that was written is not what it should be; prints how many were accepted. */

#include "../../../../models/compiled/jpeg/jpeg.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void *take(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (memory == NULL)
        abort();
    return memory;
}

static void *read_exactly(FILE *file, size_t size)
{
    void *memory = take(size);
    if (fread(memory, 1, size, file) != size)
        abort();
    return memory;
}

struct source {
    struct jpeg jpeg;
    struct code dc[COMPONENTS], ac[COMPONENTS];
    uint32_t width, height, interval; /* of its header: 0 where there are no restarts */
    uint8_t *bits;
    size_t size;
};

static struct source read_source(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct source source = {0};
    struct jpeg *jpeg = &source.jpeg;
    if (file == NULL)
        abort();
    uint32_t *head = read_exactly(file, 7 * sizeof *head);
    jpeg->columns = head[0], jpeg->rows = head[1], jpeg->count = head[2];
    source.width = head[3], source.height = head[4], source.interval = head[5], source.size = head[6];
    jpeg->interval = source.interval ? source.interval : jpeg->columns * jpeg->rows;
    free(head);
    for (uint32_t c = 0; c < jpeg->count; c++) {
        struct component *component = &jpeg->components[c];
        uint32_t *sizes = read_exactly(file, 5 * sizeof *sizes);
        component->across = sizes[0], component->down = sizes[1];
        component->cells_across = sizes[2], component->cells_down = sizes[3], component->last = sizes[4];
        component->weights_across = read_exactly(file, sizes[2] * sizes[2] * sizeof(float));
        component->weights_down = read_exactly(file, sizes[3] * sizes[3] * sizeof(float));
        component->quants = read_exactly(file, BLOCK * sizeof(uint16_t));
        component->dc = read_exactly(file, 65536 * sizeof(uint16_t));
        component->ac = read_exactly(file, 65536 * sizeof(uint16_t));
        component->quick = take((1 << QUICK) * sizeof(uint32_t));
        component->skips = take((1 << WINDOW) * sizeof(uint16_t));
        source.dc[c].codes = read_exactly(file, 256 * sizeof(uint16_t));
        source.dc[c].lengths = read_exactly(file, 256);
        source.ac[c].codes = read_exactly(file, 256 * sizeof(uint16_t));
        source.ac[c].lengths = read_exactly(file, 256);
        component->cells = take((size_t)jpeg->columns * jpeg->rows * sizes[0] * sizes[1] * sizes[2] * sizes[3]);
        free(sizes);
    }
    source.bits = read_exactly(file, source.size);
    fclose(file);
    prepare(jpeg);
    return source;
}

static size_t damage(const uint8_t *from, size_t size, uint8_t **to)
{
    size_t now = any(8) ? size : any((uint32_t)size) + 1; /* cut off or not */
    *to = take(now);
    memcpy(*to, from, now);
    for (uint32_t times = any(5); times; times--) {
        uint32_t at = any((uint32_t)now);
        (*to)[at] = any(2) ? (uint8_t)any(256) : (uint8_t)((*to)[at] ^ 1u << any(8));
    }
    return now;
}

/* Scan bits into a copy of the structure with memory of its own; NULL if they are in doubt. */
static struct jpeg *scanned(const struct source *source, const uint8_t *bits, size_t size)
{
    struct jpeg *jpeg = take(sizeof *jpeg);
    *jpeg = source->jpeg;
    const uint32_t mcus = jpeg->columns * jpeg->rows, intervals = (mcus + jpeg->interval - 1) / jpeg->interval;
    uint8_t *plain = take(size + BEHIND);
    uint32_t *starts = take((intervals + 1) * sizeof *starts);
    size_t used;
    jpeg->bits = plain, jpeg->starts = starts;
    jpeg->places = take(mcus * sizeof *jpeg->places), jpeg->ends = take(intervals * sizeof *jpeg->ends);
    jpeg->before = take(mcus * COMPONENTS * sizeof(int16_t));
    jpeg->after = take(intervals * COMPONENTS * sizeof(int16_t));
    if (unstuff(bits, size, plain, starts, intervals, &used) == DONE) {
        jpeg->bytes = starts[intervals];
        if (scan(jpeg) == DONE)
            return jpeg;
    }
    free(plain), free(starts), free(jpeg->places), free(jpeg->ends), free(jpeg->before), free(jpeg->after), free(jpeg);
    return NULL;
}

static void forget(struct jpeg *jpeg)
{
    free((void *)jpeg->bits), free((void *)jpeg->starts), free(jpeg->places), free(jpeg->ends), free(jpeg->before);
    free(jpeg->after), free(jpeg);
}

static void demand(int fact, const char *what)
{
    if (fact)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Whether each MCU of `now` is the one of `before`, or the one that took its place. */
static void compare(const struct jpeg *before, const struct jpeg *now, const int32_t *changed, const int16_t *blocks)
{
    const struct turn none = {0};
    const struct order order = order_of(none);
    const size_t values = (size_t)blocks_of(before) * BLOCK;

    for (uint32_t y = 0; y < before->rows; y++)
        for (uint32_t x = 0; x < before->columns; x++) {
            struct mcu old, new;
            int32_t change = changed[y * before->columns + x];
            demand(fetch(before, none, &order, x, y, &old) == DONE, "what was accepted cannot be read");
            demand(fetch(now, none, &order, x, y, &new) == DONE, "what was written cannot be read");
            const int16_t *wanted = change < 0 ? old.blocks[0] : blocks + (size_t)change * values;
            demand(memcmp(wanted, new.blocks, values * sizeof *wanted) == 0, "an MCU is another than it should be");
        }
}

/* Change pixels of some MCUs, write the file, and read it again. */
static void work(const struct source *source, const struct jpeg *jpeg)
{
    const int square = jpeg->components[0].across == jpeg->components[0].down;
    const struct turn turn = {any(2) && square, any(4) == 0, any(4) == 0};
    const uint32_t columns = turn.transpose ? jpeg->rows : jpeg->columns;
    const uint32_t rows = turn.transpose ? jpeg->columns : jpeg->rows, mcus = rows * columns;
    const uint32_t wide = 8 * jpeg->components[0].across, high = 8 * jpeg->components[0].down;
    struct change change = {.turn = turn, .region = 3};
    /* A flipped picture is of whole MCUs. */
    change.width = is_upright(turn) ? source->width : columns * wide;
    change.height = is_upright(turn) ? source->height : rows * high;
    change.x0 = any(columns), change.y0 = any(rows);
    change.x1 = change.x0 + 1 + any(columns - change.x0), change.y1 = change.y0 + 1 + any(rows - change.y0);
    const uint32_t right = change.x1 * wide < change.width ? change.x1 * wide : change.width;
    const uint32_t bottom = change.y1 * high < change.height ? change.y1 * high : change.height;
    change.stride = right - change.x0 * wide;
    const size_t region = change.stride * (bottom - change.y0 * high), all = (size_t)change.width * change.height;
    uint32_t *before = take(region * sizeof *before), *after = take(all * sizeof *after);
    int32_t *regions = take(mcus * sizeof *regions), *changed = take(mcus * sizeof *changed);
    const size_t values = (size_t)blocks_of(jpeg) * BLOCK;
    int16_t *blocks = take((size_t)(change.x1 - change.x0) * (change.y1 - change.y0) * values * sizeof *blocks);
    for (size_t i = 0; i < region; i++)
        before[i] = any(256) * 0x10101;
    for (size_t i = 0; i < all; i++)
        after[i] = any(3) ? 0x808080 : any(1 << 24);
    for (uint32_t i = 0; i < mcus; i++)
        regions[i] = any(2) ? 3 : -1, changed[i] = -1;
    change.before = before, change.after = after, change.regions = regions, change.changed = changed;
    change.blocks = blocks;
    demand(change_region(jpeg, &change) == DONE, "a change failed");

    struct output output = {.turn = turn, .x1 = columns, .y1 = rows, .anew = any(2), .changed = changed, .blocks = blocks};
    const int whole = any(4) != 0;
    if (!whole)
        output.x0 = change.x0, output.y0 = change.y0, output.x1 = change.x1, output.y1 = change.y1;
    output.interval = whole && is_upright(turn) ? source->interval : 0;
    memcpy(output.dc, source->dc, sizeof output.dc), memcpy(output.ac, source->ac, sizeof output.ac);
    output.room = any(4) ? (size_t)mcus * 2 * MCU_BYTES + 16384 : any(8192);
    output.to = take(output.room + 2);
    int status = write_bits(jpeg, &output);
    if (status == DONE && whole && is_upright(turn)) {
        demand(output.written <= output.room, "more was written than there was room for");
        uint8_t *file = take(output.written + 2);
        memcpy(file, output.to, output.written);
        file[output.written] = 0xFF, file[output.written + 1] = 0xD9;
        struct jpeg *again = scanned(source, file, output.written + 2);
        demand(again != NULL, "what was written is in doubt");
        compare(jpeg, again, changed, blocks);
        forget(again);
        free(file);
    }
    free(output.to), free(before), free(after), free(regions), free(changed), free(blocks);
}

int main(int count, char **arguments)
{
    demand(count == 4, "storm FILE TIMES SEED");
    static struct source source; /* of which the leak detector finds the memory */
    source = read_source(arguments[1]);
    long accepted = 0;
    state = (uint64_t)atol(arguments[3]);
    for (long times = atol(arguments[2]); times; times--) {
        uint8_t *bits;
        size_t size = damage(source.bits, source.size, &bits);
        struct jpeg *jpeg = scanned(&source, bits, size);
        if (jpeg != NULL) {
            accepted++;
            work(&source, jpeg);
            forget(jpeg);
        }
        free(bits);
    }
    printf("%ld\n", accepted);
    return 0;
}
