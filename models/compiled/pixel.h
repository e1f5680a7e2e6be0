/* A pixel, and the noise of its position.
 *
 * The library computes what models/eager does with torch, in one pass over the pixels, for a CPU. The bytes are the same
 * to the bit. So every step is an operation of IEEE 754 in the order in which torch does it, in float32, never contracted
 * (-ffp-contract=off), and nothing depends on the loop that a pixel is in. The loops are plain, for the compiler to make
 * vectors of.
 *
 * A pixel is a little-endian word: r | g << 8 | b << 16 | alpha << 24. Alpha stays. structures.py fills the structures;
 * their pointers are to C-contiguous memory that outlives the call.
 */

#ifndef PHOTOBATCH_PIXEL_H
#define PHOTOBATCH_PIXEL_H

#include <stddef.h>
#include <stdint.h>

enum { CHUNK = 1024 }; /* pixels at a time: what is between two loops stays in the first-level cache */

static const uint32_t RGB = 0xFFFFFF;

/* models/hash.py: noise of a position in [0, 1), a multiple of 2^-16. */
struct noise {
    const uint32_t *flips, *factors; /* of rows */
    const uint32_t *places;          /* of columns */
};

static inline float hash(uint32_t flip, uint32_t factor, uint32_t place)
{
    int32_t upper = (int32_t)(((flip ^ place) * factor) & 0xFFFF0000);
    return (float)upper * 0x1p-32f + 0.5f;
}

/* Truncated, then within 0 to 255: in this order compilers find the vector instructions. */
static inline uint32_t byte(float value)
{
    int32_t whole = (int32_t)value;
    whole = whole > 0 ? whole : 0;
    return (uint32_t)(whole < 255 ? whole : 255);
}

static inline uint32_t packed(uint32_t alpha_of, float red, float green, float blue)
{
    return (alpha_of & ~RGB) | byte(red) | byte(green) << 8 | byte(blue) << 16;
}

static inline size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

#endif
