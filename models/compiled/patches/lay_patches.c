/* What the matches of patches make of the hole's pixels, and of the matches of the next finer level. */

#include "patches.h"

#include <string.h>

/* Most in the middle of a patch: there its surroundings were compared on all sides. */
static const uint32_t KERNEL[SIDE] = {1, 2, 3, 4, 4, 3, 2, 1};

static inline int32_t within(int32_t value, int32_t most)
{
    value = value > 0 ? value : 0;
    return value < most ? value : most;
}

/* Sums of what all sources say of a pixel. With weights up to 16 a pixel's sum stays below 2^21. */
void vote_patches(const struct votes *votes)
{
    const struct level *level = &votes->level;
    const size_t width = (size_t)level->width;
    for (int32_t i = 0; i < votes->count; i++) {
        const size_t target = (size_t)votes->targets[i];
        if (level->match[target] < 0)
            continue;
        const size_t source = (size_t)level->match[target];
        for (size_t y = 0; y < SIDE; y++) {
            const uint8_t *from = level->pixels + 4 * (source + y * width);
            uint32_t *sums = votes->sums + 4 * (target + y * width), *shares = votes->shares + target + y * width;
            for (size_t x = 0; x < SIDE; x++) {
                const uint32_t share = votes->weights[i] * KERNEL[y] * KERNEL[x];
                shares[x] += share;
                for (size_t c = 0; c < 4; c++)
                    sums[4 * x + c] += share * from[4 * x + c];
            }
        }
    }
}

/* Each pixel of the hole gets the colour that the patch around it has in its place. */
void copy_patches(const struct copies *copies)
{
    const struct level *level = &copies->level;
    for (int32_t y = 0; y < level->height; y++)
        for (int32_t x = 0; x < level->width; x++) {
            const int32_t pixel = y * level->width + x;
            if (!level->hole[pixel])
                continue;
            const int32_t top = within(y - SIDE / 2, level->height - SIDE);
            const int32_t left = within(x - SIDE / 2, level->width - SIDE);
            const int32_t source = level->match[top * level->width + left];
            const int32_t origin = source + (y - top) * level->width + x - left;
            copies->origins[pixel] = origin;
            memcpy(level->pixels + 4 * (size_t)pixel, level->pixels + 4 * (size_t)origin, 4);
        }
}

/* A fine target lies within the coarse one of half its coordinates, and its source within the coarse source. */
void refine_matches(const struct finer *finer)
{
    const struct level *coarse = &finer->coarse, *fine = &finer->fine;
    for (int32_t i = 0; i < finer->count; i++) {
        const int32_t target = finer->targets[i];
        const int32_t y = target / fine->width, x = target % fine->width;
        const int32_t top = within(y / 2, coarse->height - SIDE), left = within(x / 2, coarse->width - SIDE);
        const int32_t source = coarse->match[top * coarse->width + left];
        /* The last row and column of an odd size have no place in the coarse level. */
        const int32_t down = within(y - 2 * top, SIDE), right = within(x - 2 * left, SIDE);
        fine->match[target] = (2 * (source / coarse->width) + down) * fine->width + 2 * (source % coarse->width) + right;
    }
}
