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

static inline float clamp(float value)
{
    value = value > 0.0f ? value : 0.0f;
    return value < 255.0f ? value : 255.0f;
}

static inline uint32_t packed(uint32_t alpha_of, float red, float green, float blue)
{
    uint32_t colours = (uint32_t)(int32_t)red | (uint32_t)(int32_t)green << 8 | (uint32_t)(int32_t)blue << 16;
    return (alpha_of & ~RGB) | colours;
}

static inline size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}
