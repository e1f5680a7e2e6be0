/* Pixels become Y, Cb and Cr as libjpeg-turbo does it: to the bit, so that only its encoder must do the rest. */

#include "strips.h"

#include <stdlib.h>

static size_t whole(size_t samples)
{
    return (samples + MCU - 1) / MCU * MCU;
}

static uint32_t fewer(uint32_t pixels, uint32_t share)
{
    return (pixels + share - 1) / share;
}

/* Reserve memory for `rows` rows, from `samples[0]` on, which the caller frees; 0 if there is none. */
int reserve_planes(struct planes *planes, uint32_t rows, int transposed)
{
    const uint32_t across = planes->across, down = planes->down;
    const size_t luma = whole(planes->width), colour = whole(planes->width) / across;
    const size_t longest = whole(planes->width > planes->height ? planes->width : planes->height);
    const size_t block = transposed ? BLOCK_ROWS * longest : 0;
    uint8_t *memory = malloc(luma * rows + 2 * colour * fewer(rows, down) + 4 * longest + 3 * block);

    planes->strides[0] = luma;
    planes->strides[1] = planes->strides[2] = colour;
    planes->samples[0] = memory;
    planes->samples[1] = planes->samples[0] + luma * rows;
    planes->samples[2] = planes->samples[1] + colour * fewer(rows, down);
    planes->colours = planes->samples[2] + colour * fewer(rows, down);
    planes->waiting_stride = longest;
    for (size_t c = 0; c < 3; c++)
        planes->waiting[c] = planes->colours + 4 * longest + c * block;
    return memory != NULL;
}

/* ITU-T T.871 in 16 bits behind the point; Cb and Cr round half down, as libjpeg does. The last sample is repeated up to
 * `whole`. */
static void convert(const uint32_t *restrict pixels, size_t count, size_t whole, uint8_t *restrict luma,
                    uint8_t *restrict blue, uint8_t *restrict red)
{
    for (size_t x = 0; x < count; x++) {
        const int32_t r = pixels[x] & 0xFF, g = pixels[x] >> 8 & 0xFF, b = pixels[x] >> 16 & 0xFF;
        luma[x] = (uint8_t)((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
        blue[x] = (uint8_t)((-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767) >> 16);
        red[x] = (uint8_t)((32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767) >> 16);
    }
    for (size_t x = count; x < whole; x++) {
        luma[x] = luma[count - 1];
        blue[x] = blue[count - 1];
        red[x] = red[count - 1];
    }
}

/* The means of two samples of a row, rounded down and up in turns. */
static void halve_across(const uint8_t *restrict row, size_t count, uint8_t *restrict to)
{
    for (size_t x = 0; x < count; x++)
        to[x] = (uint8_t)((row[2 * x] + row[2 * x + 1] + (x & 1)) >> 1);
}

static void halve_down(const uint8_t *restrict row, const uint8_t *restrict next, size_t count, unsigned up,
                       uint8_t *restrict to)
{
    for (size_t x = 0; x < count; x++)
        to[x] = (uint8_t)((row[x] + next[x] + up) >> 1);
}

/* The means of four; `first` and `second` are added before rounding, in turns. */
static void quarter(const uint8_t *restrict row, const uint8_t *restrict next, size_t count, unsigned first,
                    unsigned second, uint8_t *restrict to)
{
    for (size_t x = 0; x < count; x++) {
        unsigned up = x & 1 ? second : first;
        to[x] = (uint8_t)((row[2 * x] + row[2 * x + 1] + next[2 * x] + next[2 * x + 1] + up) >> 2);
    }
}

/* Where Cb or Cr of a row come from: two rows at full size, of Cb and of Cr each. */
static uint8_t *full_size(const struct planes *planes, size_t row, int colour)
{
    return planes->colours + planes->waiting_stride * (2 * row + (size_t)colour);
}

/* Add rows of the picture. */
void add_rows(const struct planes *planes, struct rows rows)
{
    const uint32_t across = planes->across, down = planes->down;
    const size_t count = whole(rows.width), top = rows.top - planes->top;

    for (uint32_t y = 0; y < rows.height; y += down) {
        uint8_t *targets[2];
        for (int c = 0; c < 2; c++)
            targets[c] = planes->samples[c + 1] + planes->strides[c + 1] * ((top + y) / down);
        for (uint32_t j = 0; j < down; j++) {
            const size_t row = least(y + j, rows.height - 1);
            uint8_t *luma = planes->samples[0] + planes->strides[0] * (top + row);
            uint8_t *blue = across == 1 ? targets[0] : full_size(planes, j, 0);
            uint8_t *red = across == 1 ? targets[1] : full_size(planes, j, 1);
            convert(rows.pixels + row * rows.width, rows.width, count, luma, blue, red);
        }
        for (int c = 0; c < 2 && across == 2; c++) {
            const uint8_t *row = full_size(planes, 0, c), *next = full_size(planes, 1, c);
            if (down == 2)
                quarter(row, next, count / 2, 1, 2, targets[c]);
            else
                halve_across(row, count / 2, targets[c]);
        }
    }
}

/* Columns of eight rows become words. */
static void gather(const uint8_t *restrict from, size_t stride, size_t count, uint64_t *restrict words)
{
    for (size_t x = 0; x < count; x++) {
        uint64_t word = 0;
        for (unsigned y = 0; y < 8; y++)
            word |= (uint64_t)from[y * stride + x] << 8 * y;
        words[x] = word;
    }
}

/* `rows` is a multiple of eight. */
static void transpose(const uint8_t *from, size_t from_stride, size_t rows, size_t columns, uint8_t *to, size_t to_stride)
{
    enum { WORDS = BLOCK_ROWS / 8, COLUMNS = 64 };
    uint64_t words[WORDS][COLUMNS];

    for (size_t left = 0; left < columns; left += COLUMNS) {
        const size_t count = least(COLUMNS, columns - left);
        for (size_t word = 0; word < rows / 8; word++)
            if (count == COLUMNS)
                gather(from + 8 * word * from_stride + left, from_stride, COLUMNS, words[word]);
            else
                gather(from + 8 * word * from_stride + left, from_stride, count, words[word]);
        for (size_t x = 0; x < count; x++)
            for (size_t word = 0; word < rows / 8; word++)
                memcpy(to + (left + x) * to_stride + 8 * word, &words[word][x], 8);
    }
}

/* Put the columns that wait, from `left` on, into the picture. */
static void put_columns(const struct planes *planes, size_t left)
{
    const size_t count = least(BLOCK_ROWS, whole(planes->width) - left);

    transpose(planes->waiting[0], planes->waiting_stride, count, planes->height, planes->samples[0] + left,
              planes->strides[0]);
    for (int c = 1; c < 3; c++)
        transpose(planes->waiting[c], planes->waiting_stride, count / planes->across,
                  fewer(planes->height, planes->down), planes->samples[c] + left / planes->across, planes->strides[c]);
}

/* Add columns of the picture, from its left or its right on. They wait until a block of them is there. */
void add_columns(const struct planes *planes, struct rows rows, int mirrored)
{
    const uint32_t across = planes->across, down = planes->down;
    const int last = rows.top + rows.height == planes->width;
    const size_t first = rows.top % BLOCK_ROWS, height = last ? whole(first + rows.height) - first : rows.height;
    const size_t count = fewer(rows.width, down);

    for (size_t y = 0; y < height; y += across) {
        uint8_t *targets[2];
        for (int c = 0; c < 2; c++)
            targets[c] = planes->waiting[c + 1] + planes->waiting_stride * ((first + y) / across);
        for (size_t j = 0; j < across; j++) {
            const size_t row = least(y + j, rows.height - 1);
            uint8_t *luma = planes->waiting[0] + planes->waiting_stride * (first + y + j);
            uint8_t *blue = across == 1 ? targets[0] : full_size(planes, j, 0);
            uint8_t *red = across == 1 ? targets[1] : full_size(planes, j, 1);
            convert(rows.pixels + row * rows.width, rows.width, count * down, luma, blue, red);
        }
        const unsigned up = (first + y) / across & 1;
        for (int c = 0; c < 2 && across == 2; c++) {
            const uint8_t *row = full_size(planes, 0, c), *next = full_size(planes, 1, c);
            if (down == 2)
                quarter(row, next, count, 1 + up, 1 + up, targets[c]);
            else
                halve_down(row, next, count, up, targets[c]);
        }
    }
    const size_t behind = rows.top + rows.height;
    if (mirrored ? first == 0 : last || behind % BLOCK_ROWS == 0)
        put_columns(planes, rows.top - first);
}
