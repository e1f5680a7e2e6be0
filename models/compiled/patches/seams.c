/* The removal of seams: a smooth correction of the fill, found by multigrid. seams.py calls the steps. */

#include "patches.h"

/* The sum of the steps of the colours from one pixel to the next, at the places that each was copied from. Known pixels
 * have no such place. Returns how many places there are. */
static int step_of_sources(const struct seams *seams, int32_t pixel, int32_t next, int across, float *step)
{
    const struct level *level = &seams->level;
    const int32_t ahead = next - pixel, count = level->height * level->width;
    const int32_t begins[2] = {level->hole[pixel] ? seams->origins[pixel] : -1,
                               level->hole[next] ? seams->origins[next] - ahead : -1};
    int found = 0;
    step[0] = step[1] = step[2] = 0.0f;
    for (int i = 0; i < 2; i++) {
        const int32_t begin = begins[i], end = begin + ahead;
        if (begin < 0 || end >= count || (across && begin % level->width == level->width - 1))
            continue;
        if (level->hole[begin] || level->hole[end])
            continue;
        found++;
        for (int c = 0; c < 3; c++)
            step[c] += (float)(level->pixels[4 * (size_t)end + c] - level->pixels[4 * (size_t)begin + c]);
    }
    return found;
}

/* Adds to `wanted` what the step between two pixels is off from that between their origins. */
static void compare(const struct seams *seams, int32_t pixel, int32_t next, int across, float *here, float *there)
{
    const struct level *level = &seams->level;
    if (!level->hole[pixel] && !level->hole[next])
        return;
    float step[3], most = 0.0f;
    const int found = step_of_sources(seams, pixel, next, across, step);
    if (!found)
        return;
    for (int c = 0; c < 3; c++) {
        const float taken = (float)(level->pixels[4 * (size_t)next + c] - level->pixels[4 * (size_t)pixel + c]);
        step[c] = taken - step[c] / (float)found;
        const float size = step[c] < 0.0f ? -step[c] : step[c];
        most = size > most ? size : most;
    }
    float share = 2.0f - most / seams->tolerance;
    share = share < 0.0f ? 0.0f : share > 1.0f ? 1.0f : share;
    for (int c = 0; c < 3; c++) {
        here[c] += share * step[c];
        there[c] -= share * step[c];
    }
}

void find_seams(const struct seams *seams)
{
    const struct grid *grid = &seams->grid;
    const int32_t width = seams->level.width;
    for (int32_t y = 0; y < grid->height; y++)
        for (int32_t x = 0; x < grid->width; x++) {
            const int32_t pixel = (seams->top + y) * width + seams->left + x;
            float *here = grid->wanted + 3 * ((ptrdiff_t)y * grid->width + x);
            if (x + 1 < grid->width)
                compare(seams, pixel, pixel + 1, 1, here, here + 3);
            if (y + 1 < grid->height)
                compare(seams, pixel, pixel + width, 0, here, here + 3 * grid->width);
        }
}

/* The sum of the neighbours' values, and how many there are. */
static inline int neighbours(const struct grid *grid, int32_t y, int32_t x, float *sum)
{
    const float *here = grid->values + 3 * ((ptrdiff_t)y * grid->width + x);
    const ptrdiff_t row = 3 * (ptrdiff_t)grid->width;
    const float none[3] = {0.0f, 0.0f, 0.0f};
    const float *left = x > 0 ? here - 3 : none, *right = x + 1 < grid->width ? here + 3 : none;
    const float *above = y > 0 ? here - row : none, *below = y + 1 < grid->height ? here + row : none;
    for (int c = 0; c < 3; c++)
        sum[c] = (left[c] + right[c]) + (above[c] + below[c]);
    return (x > 0) + (x + 1 < grid->width) + (y > 0) + (y + 1 < grid->height);
}

/* Gauss-Seidel, every other pixel first. */
void relax_seams(const struct grid *grid, int32_t times)
{
    for (int32_t turn = 0; turn < 2 * times; turn++)
        for (int32_t y = 0; y < grid->height; y++)
            for (int32_t x = (y + turn) & 1; x < grid->width; x += 2) {
                const ptrdiff_t pixel = (ptrdiff_t)y * grid->width + x;
                if (!grid->hole[pixel])
                    continue;
                float sum[3];
                const int count = neighbours(grid, y, x, sum);
                for (int c = 0; c < 3; c++)
                    grid->values[3 * pixel + c] = (sum[c] + grid->wanted[3 * pixel + c]) / (float)count;
            }
}

/* The coarse grid wants what is still missing: sums of 2x2 pixels. A cell belongs to the hole if all of it does. */
void coarsen_seams(const struct grid *fine, const struct grid *coarse)
{
    for (int32_t row = 0; row < coarse->height; row++)
        for (int32_t column = 0; column < coarse->width; column++) {
            const ptrdiff_t cell = (ptrdiff_t)row * coarse->width + column;
            float missing[3] = {0.0f, 0.0f, 0.0f};
            uint8_t inside = 1;
            for (int32_t y = 2 * row; y < 2 * row + 2 && y < fine->height; y++)
                for (int32_t x = 2 * column; x < 2 * column + 2 && x < fine->width; x++) {
                    const ptrdiff_t pixel = (ptrdiff_t)y * fine->width + x;
                    float sum[3];
                    if (!fine->hole[pixel]) {
                        inside = 0;
                        continue;
                    }
                    const int count = neighbours(fine, y, x, sum);
                    for (int c = 0; c < 3; c++)
                        missing[c] += fine->wanted[3 * pixel + c] - ((float)count * fine->values[3 * pixel + c] - sum[c]);
                }
            coarse->hole[cell] = inside;
            for (int c = 0; c < 3; c++) {
                coarse->wanted[3 * cell + c] = inside ? missing[c] : 0.0f;
                coarse->values[3 * cell + c] = 0.0f;
            }
        }
}

/* Adds the coarse values, interpolated bilinearly. */
void refine_seams(const struct grid *coarse, const struct grid *fine)
{
    for (int32_t y = 0; y < fine->height; y++) {
        const int32_t row = y / 2, other = row + (y & 1 ? row + 1 < coarse->height : -(row > 0));
        for (int32_t x = 0; x < fine->width; x++) {
            const ptrdiff_t pixel = (ptrdiff_t)y * fine->width + x;
            if (!fine->hole[pixel])
                continue;
            const int32_t column = x / 2, beside = column + (x & 1 ? column + 1 < coarse->width : -(column > 0));
            const float *upper = coarse->values + 3 * (ptrdiff_t)row * coarse->width;
            const float *lower = coarse->values + 3 * (ptrdiff_t)other * coarse->width;
            for (int c = 0; c < 3; c++) {
                const float near = 0.75f * upper[3 * column + c] + 0.25f * upper[3 * beside + c];
                const float far = 0.75f * lower[3 * column + c] + 0.25f * lower[3 * beside + c];
                fine->values[3 * pixel + c] += 0.75f * near + 0.25f * far;
            }
        }
    }
}
