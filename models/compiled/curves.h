/* Colours by three short tables, one a channel: of 256 entries each, whose bits together are an entry (models/colour). */

#include "pixel.h"

#ifdef __AVX512VBMI__
#include <immintrin.h>
#endif

static inline __attribute__((always_inline)) uint32_t curved(uint32_t pixel, const uint32_t *curves)
{
    return curves[pixel & 255] | curves[256 + (pixel >> 8 & 255)] | curves[512 + (pixel >> 16 & 255)];
}

#ifdef __AVX512VBMI__
/* A permutation of bytes finds 128 entries at once: sixteen pixels in nine steps, where three look-ups a pixel take six
 * times as long. Compilers don't see that by themselves. Returns how many pixels are done, a multiple of sixteen. */
static size_t look_up_bytes(uint32_t *pixels, size_t count, const uint32_t *curves)
{
    uint8_t bytes[3][256];
    __m512i parts[3][4];
    for (int channel = 0; channel < 3; channel++) {
        for (int i = 0; i < 256; i++)
            bytes[channel][i] = (uint8_t)(curves[256 * channel + i] >> 8 * channel);
        for (int part = 0; part < 4; part++)
            parts[channel][part] = _mm512_loadu_si512(bytes[channel] + 64 * part);
    }
    size_t x = 0;
    for (; x + 16 <= count; x += 16) {
        const __m512i before = _mm512_loadu_si512(pixels + x);
        const __mmask64 upper = _mm512_movepi8_mask(before); /* 128 and above */
        __m512i after = before;
        for (int channel = 0; channel < 3; channel++) {
            const __m512i *part = parts[channel];
            __m512i low = _mm512_permutex2var_epi8(part[0], before, part[1]);
            __m512i high = _mm512_permutex2var_epi8(part[2], before, part[3]);
            __m512i found = _mm512_mask_blend_epi8(upper, low, high);
            after = _mm512_mask_blend_epi8(0x1111111111111111ull << channel, after, found);
        }
        _mm512_storeu_si512(pixels + x, after);
    }
    return x;
}
#endif

static void look_up_curves(uint32_t *restrict pixels, size_t count, const uint32_t *restrict curves)
{
    size_t x = 0;
#ifdef __AVX512VBMI__
    x = look_up_bytes(pixels, count, curves);
#endif
    for (; x < count; x++)
        pixels[x] = (pixels[x] & ~RGB) | curved(pixels[x], curves);
}
