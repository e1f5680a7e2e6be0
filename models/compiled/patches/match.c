/* The search for the source that is most like each target. */

#include "patches.h"

/* The squared difference of two patches; once it reaches `most`, any number from there on. */
static inline uint32_t difference(const uint8_t *restrict one, const uint8_t *restrict other, size_t stride,
                                  uint32_t most)
{
    uint32_t sum = 0;
    for (int rows = 0; rows < SIDE; rows += 2) {
        for (int y = 0; y < 2; y++, one += stride, other += stride) {
            int32_t of_row = 0;
            for (int i = 0; i < 4 * SIDE; i++) {
                int16_t off = (int16_t)(one[i] - other[i]);
                of_row += off * off;
            }
            sum += (uint32_t)of_row;
        }
        if (sum >= most)
            break;
    }
    return sum;
}

/* The same, in 16ths; pixels that are not known are a guess, which counts that much. */
static inline uint32_t known_difference(const uint8_t *restrict one, const uint8_t *restrict other,
                                        const uint8_t *restrict known, size_t stride, uint32_t most)
{
    uint32_t sum = 0;
    for (int y = 0; y < SIDE && sum < most; y++, one += stride, other += stride, known += stride) {
        int32_t of_row = 0;
        for (int i = 0; i < 4 * SIDE; i++) {
            int16_t off = (int16_t)((one[i] - other[i]) * (1 + 3 * (known[i] & 1)));
            of_row += off * off;
        }
        sum += (uint32_t)of_row;
    }
    return sum;
}

/* The best source so far. */
struct best {
    int32_t source; /* -1: none yet */
    uint32_t cost;
};

/* Takes the patch at (y, x) if it is a source, and better than the best so far. */
static inline void consider(const struct search *search, int32_t target, int32_t y, int32_t x, struct best *best)
{
    const struct level *level = &search->level;
    const int32_t width = level->width;
    if (x < 0 || x > width - SIDE || y < 0 || y > level->height - SIDE)
        return;
    const int32_t source = y * width + x;
    if (!level->usable[source] || source == best->source)
        return;
    const uint8_t *one = level->pixels + 4 * (size_t)target, *other = level->pixels + 4 * (size_t)source;
    const size_t stride = 4 * (size_t)width;
    const int32_t down = y - target / width, right = x - target % width;
    const uint32_t way = (uint32_t)((down < 0 ? -down : down) + (right < 0 ? -right : right)) * search->toll;
    if (way >= best->cost)
        return;
    const uint32_t most = best->cost - way;
    const uint32_t cost =
        way + (search->known == NULL
                   ? difference(one, other, stride, most)
                   : known_difference(one, other, search->known + 4 * (size_t)target, stride, most));
    if (cost < best->cost)
        *best = (struct best){source, cost};
}

/* The sources that continue those of the four neighbours (Ashikhmin's candidates); first those that were just found. */
static inline void follow(const struct search *search, int32_t target, int32_t y, int32_t x, struct best *best)
{
    const struct level *level = &search->level;
    const int32_t ahead = search->backwards ? 1 : -1;
    const int32_t steps[4][2] = {{0, ahead}, {ahead, 0}, {0, -ahead}, {-ahead, 0}};
    for (int i = 0; i < 4; i++) {
        const int32_t down = steps[i][0], right = steps[i][1];
        if (x + right < 0 || x + right > level->width - SIDE || y + down < 0 || y + down > level->height - SIDE)
            continue;
        const int32_t source = level->match[target + down * level->width + right];
        if (source >= 0)
            consider(search, target, source / level->width - down, source % level->width - right, best);
    }
}

void match_patches(const struct search *search)
{
    const struct level *level = &search->level;
    for (int32_t i = 0; i < search->count; i++) {
        const int32_t place = search->backwards ? search->count - 1 - i : i, target = search->targets[place];
        const int32_t y = target / level->width, x = target % level->width;
        struct best best = {-1, UINT32_MAX};
        int32_t middle = target;
        if (search->known == NULL) {
            const int32_t present = level->match[target];
            if (present >= 0)
                consider(search, target, present / level->width, present % level->width, &best);
            follow(search, target, y, x, &best);
            middle = best.source >= 0 ? best.source : target;
        }
        /* What continues no neighbour must be clearly better, or pieces become too small (Hertzmann et al., "Image
         * Analogies", 2001). */
        const struct best continued = best;
        if (best.source >= 0)
            best.cost = best.cost / 4 * 3;
        const int32_t down = middle / level->width, right = middle % level->width;
        const int32_t reach = search->reach, across = level->width - SIDE, along = level->height - SIDE;
        const int32_t top = down > reach ? down - reach : 0, bottom = down < along - reach ? down + reach : along;
        const int32_t left = right > reach ? right - reach : 0, end = right < across - reach ? right + reach : across;
        for (int32_t row = top; row <= bottom; row++)
            for (int32_t column = left; column <= end; column++)
                consider(search, target, row, column, &best);
        if (best.source == continued.source)
            best = continued;
        level->match[target] = best.source;
        search->costs[place] = best.cost;
    }
}
