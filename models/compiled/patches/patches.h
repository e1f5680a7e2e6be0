/* Filling a hole with patches from around it. level.py says what the steps are and in which order they come.
 *
 * A patch is a square of 8x8 pixels, named by the index (y * width + x) of its first one. All patches are within the
 * picture. A source is a patch without a pixel of the hole; a target is one with at least one.
 *
 * A pixel has four bytes: red, green, blue and texture. Everything but the seams is arithmetic of integers. The seams
 * are IEEE float32 in a fixed order. So the bytes are the same on every machine.
 */

#ifndef PHOTOBATCH_PATCHES_H
#define PHOTOBATCH_PATCHES_H

#include <stddef.h>
#include <stdint.h>

enum { SIDE = 8 }; /* pixels of a patch */

struct level {
    uint8_t *pixels; /* (height, width, 4) */
    int32_t height, width;
    const uint8_t *hole;   /* (height, width): not 0 in the hole */
    const uint8_t *usable; /* (height, width): not 0 where a source begins */
    int32_t *match;        /* (height, width): the source of each target, -1 elsewhere */
};

struct search {
    struct level level;
    const int32_t *targets; /* in the order of rows */
    int32_t count;
    uint32_t *costs;      /* of the targets: squared difference from their sources */
    int32_t reach;        /* pixels around the present source in which others are tried */
    uint32_t backwards;   /* not 0: from the last target to the first */
    uint32_t toll;        /* what each pixel between a target and its source costs */
    const uint8_t *known; /* (height, width, 4) or null: 255 where pixels are known, 0 where they are guessed; then
                           * costs are in 16ths, and the search is around the target */
};

struct votes {
    struct level level;
    const int32_t *targets;
    int32_t count;
    const uint32_t *weights; /* of the targets, at most 16 */
    uint32_t *sums;          /* (height, width, 4), zeros */
    uint32_t *shares;        /* (height, width), zeros */
};

struct copies {
    struct level level;
    int32_t *origins; /* (height, width): index of the pixel that each pixel of the hole is copied from */
};

struct finer {
    struct level coarse, fine;
    const int32_t *targets; /* of the fine level */
    int32_t count;
};

/* A part of the picture around the hole, at one resolution of the seams' solver. */
struct grid {
    float *values;   /* (height, width, 3): what is added to the pixels; 0 outside of the hole */
    float *wanted;   /* (height, width, 3): sum of the steps to the four neighbours that the values should take */
    uint8_t *hole;   /* (height, width) */
    int32_t height, width;
};

struct seams {
    struct level level;
    const int32_t *origins;
    struct grid grid;
    int32_t top, left; /* where the grid begins in the picture */
    float tolerance;   /* codes up to which a step is a seam; from twice that on it is an edge, and stays */
};

void match_patches(const struct search *search);
void vote_patches(const struct votes *votes);
void copy_patches(const struct copies *copies);
void refine_matches(const struct finer *finer);

void find_seams(const struct seams *seams);
void relax_seams(const struct grid *grid, int32_t times);
void coarsen_seams(const struct grid *fine, const struct grid *coarse);
void refine_seams(const struct grid *coarse, const struct grid *fine);

#endif
