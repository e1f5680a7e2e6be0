/* A JPEG decoded, changed and encoded strip by strip, so that the pixels in work stay in a core's cache.
 *
 * libjpeg-turbo does both codecs; it is called through addresses, see strips.py. The bytes are those that decoding,
 * turning, changing and encoding the whole picture would give. On any error or warning of libjpeg the caller does that.
 */

#ifndef PHOTOBATCH_STRIPS_H
#define PHOTOBATCH_STRIPS_H

#include <stdio.h> /* jpeglib.h needs it */

#include "../finish.h"
#include "../jpeg/jpeg.h"
#include "../reduce.h"
#include "libjpeg/jpeglib.h"

enum {
    CELL = 8,     /* pixels a side that become one of the small picture; so many rows are read at a time */
    MCU = 16,     /* rows of the highest MCU */
    BLOCK_ROWS = 64, /* rows of samples that are transposed at a time */
};

/* The functions of libjpeg, in the order of strips.py. */
struct libjpeg {
    __typeof__(jpeg_std_error) *std_error;
    __typeof__(jpeg_CreateDecompress) *create_decompress;
    __typeof__(jpeg_mem_src) *mem_src;
    __typeof__(jpeg_read_header) *read_header;
    __typeof__(jpeg_start_decompress) *start_decompress;
    __typeof__(jpeg_read_scanlines) *read_scanlines;
    __typeof__(jpeg_finish_decompress) *finish_decompress;
    __typeof__(jpeg_destroy_decompress) *destroy_decompress;
    __typeof__(jpeg_CreateCompress) *create_compress;
    __typeof__(jpeg_set_defaults) *set_defaults;
    __typeof__(jpeg_set_quality) *set_quality;
    __typeof__(jpeg_add_quant_table) *add_quant_table;
    __typeof__(jpeg_start_compress) *start_compress;
    __typeof__(jpeg_write_raw_data) *write_raw_data;
    __typeof__(jpeg_finish_compress) *finish_compress;
    __typeof__(jpeg_destroy_compress) *destroy_compress;
};

struct strips {
    const struct libjpeg *libjpeg;
    const uint8_t *from; /* the file */
    size_t size;
    uint32_t width, height; /* as stored; the file must agree */
    struct turn turn;

    const struct finish *finish; /* of the turned picture; its pixels, size and place are not used */

    uint32_t across, down;  /* pixels of the turned picture for one of Cb and Cr: 1 or 2 */
    uint32_t quality;       /* 1 to 100, or 0: `quants` */
    uint32_t quants[2][64]; /* of luma and colours, in natural order */

    uint8_t *small; /* the means of whole cells of the turned picture: (rows, columns, 4) */

    uint8_t *to;
    size_t room, written;
};

/* Rows of pixels, upright, or transposed: then row y is column y of the picture. `top` is a multiple of CELL; so is the
 * height, except at the picture's edge. */
struct rows {
    uint32_t *pixels;
    uint32_t top, height, width;
};

/* The Y, Cb and Cr of a picture, or of some of its rows. Each row is repeated to the right up to whole blocks. */
struct planes {
    uint32_t width, height; /* pixels of the whole picture */
    uint32_t across, down;  /* pixels for one of Cb and Cr: 1 or 2 */
    uint32_t top;           /* the first row that is there */
    uint8_t *samples[3];
    size_t strides[3];
    uint8_t *waiting[3]; /* transposed samples: up to BLOCK_ROWS rows of luma, and their colours */
    uint8_t *colours;    /* Cb and Cr of two rows, one for each pixel */
    size_t waiting_stride; /* of both */
};

int reserve_planes(struct planes *planes, uint32_t rows, int transposed);
void add_rows(const struct planes *planes, struct rows rows);
void add_columns(const struct planes *planes, struct rows rows, int mirrored);

int strips(struct strips *work);

#endif
