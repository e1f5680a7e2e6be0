/* Fills random pictures with random holes by all functions on patches: `storm TIMES SEED`. Built with sanitizers. Every
 * array has its exact size, so that they see each step beyond it. Prints how many pictures had sources. */

#include "../../../../models/compiled/patches/patches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static int32_t any(int32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int32_t)((uint32_t)(state >> 33) % (uint32_t)below);
}

static void *take(size_t size)
{
    void *memory = calloc(size ? size : 1, 1);
    if (memory == NULL)
        abort();
    return memory;
}

struct made {
    struct level level;
    int32_t *targets, count, sources;
};

static struct made level_of(int32_t height, int32_t width, const uint8_t *hole)
{
    const size_t area = (size_t)height * (size_t)width;
    uint8_t *copied = take(area), *usable = take(area), *pixels = take(4 * area);
    int32_t *match = take(area * sizeof *match), *targets = take(area * sizeof *targets);
    struct made made = {.targets = targets};
    memcpy(copied, hole, area);
    for (size_t i = 0; i < 4 * area; i++)
        pixels[i] = (uint8_t)any(256);
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++) {
            int touched = 0;
            match[y * width + x] = -1;
            if (y > height - SIDE || x > width - SIDE)
                continue;
            for (int32_t i = 0; i < SIDE * SIDE; i++)
                touched |= hole[(y + i / SIDE) * width + x + i % SIDE];
            if (touched)
                targets[made.count++] = y * width + x;
            else
                made.sources += usable[y * width + x] = 1;
        }
    /* Exactly as many as there are. */
    made.targets = realloc(targets, made.count ? (size_t)made.count * sizeof *targets : 1);
    made.level = (struct level){pixels, height, width, copied, usable, match};
    return made;
}

static void release(struct made *made)
{
    free(made->level.pixels);
    free((void *)made->level.hole);
    free((void *)made->level.usable);
    free(made->level.match);
    free(made->targets);
}

static void search(struct made *made, int32_t reach, uint32_t backwards, const uint8_t *known, uint32_t *costs)
{
    const struct search work = {made->level, made->targets, made->count, costs, reach, backwards, (uint32_t)any(300), known};
    match_patches(&work);
}

static struct grid grid_of(int32_t height, int32_t width)
{
    const size_t area = (size_t)height * (size_t)width;
    return (struct grid){take(3 * area * sizeof(float)), take(3 * area * sizeof(float)), take(area), height, width};
}

static void drop(struct grid *grid)
{
    free(grid->values);
    free(grid->wanted);
    free(grid->hole);
}

static void cycle(struct grid *fine)
{
    if (fine->height > 2 && fine->width > 2) {
        struct grid coarse = grid_of((fine->height + 1) / 2, (fine->width + 1) / 2);
        relax_seams(fine, 1);
        coarsen_seams(fine, &coarse);
        cycle(&coarse);
        refine_seams(&coarse, fine);
        drop(&coarse);
    }
    relax_seams(fine, 1);
}

/* The hole at half the size: a cell belongs to it if any of its pixels does. */
static uint8_t *halved(const uint8_t *hole, int32_t height, int32_t width)
{
    uint8_t *half = take((size_t)(height / 2) * (size_t)(width / 2));
    for (int32_t y = 0; y < height / 2 * 2; y++)
        for (int32_t x = 0; x < width / 2 * 2; x++)
            half[y / 2 * (width / 2) + x / 2] |= hole[y * width + x];
    return half;
}

static int fill(void)
{
    const int32_t height = 2 * SIDE + any(40), width = 2 * SIDE + any(40);
    const size_t area = (size_t)height * (size_t)width;
    uint8_t *hole = take(area);
    for (int32_t boxes = 1 + any(3); boxes > 0; boxes--) {
        const int32_t top = any(height), left = any(width), high = 1 + any(height - top), wide = 1 + any(width - left);
        for (int32_t y = top; y < top + high; y++)
            memset(hole + y * width + left, 1, (size_t)wide);
    }
    uint8_t *half = halved(hole, height, width);
    struct made fine = level_of(height, width, hole), coarse = level_of(height / 2, width / 2, half);
    const int able = coarse.sources > 0 && fine.count > 0;
    if (able) {
        uint32_t *costs = take((size_t)coarse.count * sizeof *costs), *more = take((size_t)fine.count * sizeof *more);
        const size_t small = (size_t)(height / 2) * (size_t)(width / 2);
        uint8_t *known = take(4 * small);
        for (size_t i = 0; i < small; i++)
            memset(known + 4 * i, half[i] ? 0 : 255, 4);
        search(&coarse, any(60), 0, known, costs);
        search(&coarse, 60, (uint32_t)any(2), NULL, costs);
        uint32_t *weights = take((size_t)coarse.count * sizeof *weights);
        for (int32_t i = 0; i < coarse.count; i++)
            weights[i] = 1 + (uint32_t)any(16);
        uint32_t *sums = take(4 * small * sizeof *sums), *shares = take(small * sizeof *shares);
        const struct votes votes = {coarse.level, coarse.targets, coarse.count, weights, sums, shares};
        vote_patches(&votes);
        const struct finer finer = {coarse.level, fine.level, fine.targets, fine.count};
        refine_matches(&finer);
        search(&fine, any(4), (uint32_t)any(2), NULL, more);
        int32_t *origins = take(area * sizeof *origins);
        const struct copies copies = {fine.level, origins};
        copy_patches(&copies);
        struct grid grid = grid_of(height, width);
        memcpy(grid.hole, hole, area);
        const struct seams seams = {fine.level, origins, grid, 0, 0, 12.0f};
        find_seams(&seams);
        cycle(&grid);
        drop(&grid);
        free(costs), free(more), free(known), free(weights), free(sums), free(shares), free(origins);
    }
    release(&fine), release(&coarse);
    free(hole), free(half);
    return able;
}

int main(int count, char **arguments)
{
    int able = 0;
    if (count != 3)
        abort();
    state = strtoull(arguments[2], NULL, 10);
    for (long left = strtol(arguments[1], NULL, 10); left > 0; left--)
        able += fill();
    printf("%d\n", able);
    return 0;
}
