/* See strips.h. */

#include "strips.h"

#include <setjmp.h>
#include <stdlib.h>

/* Everything that an error of libjpeg must leave behind. */
struct session {
    struct jpeg_error_mgr errors; /* the first: libjpeg returns its address */
    jmp_buf out;
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct encoder;
    struct jpeg_destination_mgr target;
    struct strips *work;
    int status;
    struct planes planes;
    uint32_t *pixels; /* CELL rows */
    uint8_t *cells;   /* a row of them, of a transposed picture */
};

static void leave(j_common_ptr codec)
{
    longjmp(((struct session *)(void *)codec->err)->out, 1);
}

static void leave_if_warned(j_common_ptr codec, int level)
{
    if (level < 0)
        leave(codec);
}

static boolean full(j_compress_ptr encoder)
{
    leave((j_common_ptr)encoder);
    return FALSE;
}

static void nothing(j_compress_ptr encoder)
{
    (void)encoder;
}

static void *reserved(struct session *session, size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL)
        longjmp(session->out, 1);
    return memory;
}

static void begin_reading(struct session *session)
{
    const struct libjpeg *libjpeg = session->work->libjpeg;
    struct jpeg_decompress_struct *in = &session->in;

    in->err = &session->errors;
    libjpeg->create_decompress(in, JPEG_LIB_VERSION, sizeof *in);
    libjpeg->mem_src(in, session->work->from, session->work->size);
    libjpeg->read_header(in, TRUE);
    if (in->image_width != session->work->width || in->image_height != session->work->height ||
        in->num_components != 3 || in->jpeg_color_space != JCS_YCbCr || in->progressive_mode)
        longjmp(session->out, 1);
    in->out_color_space = JCS_EXT_RGBX;
    libjpeg->start_decompress(in);
}

static void begin_writing(struct session *session)
{
    const struct strips *work = session->work;
    const struct libjpeg *libjpeg = work->libjpeg;
    struct jpeg_compress_struct *encoder = &session->encoder;

    session->target.next_output_byte = work->to;
    session->target.free_in_buffer = work->room;
    session->target.init_destination = session->target.term_destination = nothing;
    session->target.empty_output_buffer = full;
    encoder->err = &session->errors;
    libjpeg->create_compress(encoder, JPEG_LIB_VERSION, sizeof *encoder);
    encoder->dest = &session->target;
    encoder->image_width = session->planes.width;
    encoder->image_height = session->planes.height;
    encoder->input_components = 3;
    encoder->in_color_space = JCS_YCbCr;
    libjpeg->set_defaults(encoder);
    if (work->quality) {
        libjpeg->set_quality(encoder, (int)work->quality, TRUE);
        encoder->dct_method = work->quality < 96 ? JDCT_IFAST : JDCT_ISLOW; /* as libjpeg-turbo's own interface does */
    } else {
        for (int table = 0; table < 2; table++)
            libjpeg->add_quant_table(encoder, table, work->quants[table], 100, TRUE);
    }
    encoder->comp_info[0].h_samp_factor = (int)work->across;
    encoder->comp_info[0].v_samp_factor = (int)work->down;
    encoder->raw_data_in = TRUE;
    libjpeg->start_compress(encoder, TRUE);
}

/* Read the next rows of the file, in the order of the turned picture. They begin at a multiple of CELL there. */
static struct rows read_rows(struct session *session)
{
    const struct strips *work = session->work;
    const int mirrored = work->turn.transpose ? work->turn.flip_x : work->turn.flip_y;
    const int reversed = work->turn.transpose ? work->turn.flip_y : work->turn.flip_x;
    const uint32_t y = session->in.output_scanline, rest = work->height - y;
    const uint32_t count = mirrored && rest % CELL ? rest % CELL : rest < CELL ? rest : CELL;

    for (uint32_t row = 0; row < count;) {
        uint32_t *pixels = session->pixels + (size_t)(mirrored ? count - 1 - row : row) * work->width;
        JSAMPROW line = (JSAMPROW)pixels;
        row += work->libjpeg->read_scanlines(&session->in, &line, 1);
        for (uint32_t x = 0; reversed && x < work->width / 2; x++) {
            uint32_t pixel = pixels[x];
            pixels[x] = pixels[work->width - 1 - x];
            pixels[work->width - 1 - x] = pixel;
        }
    }
    return (struct rows){session->pixels, mirrored ? rest - count : y, count, work->width};
}

static void finish_rows(const struct session *session, struct rows rows)
{
    struct finish part = *session->work->finish;

    part.pixels = rows.pixels;
    part.height = rows.height;
    part.width = rows.width;
    *(part.transposed ? &part.left : &part.top) = rows.top;
    finish(&part);
}

static void shrink_rows(const struct session *session, struct rows rows)
{
    const struct strips *work = session->work;
    const size_t across = session->planes.width / CELL, count = rows.width / CELL;
    uint8_t *small = work->small + 4 * (rows.top / CELL) * (work->turn.transpose ? 1 : across);
    const struct cells cells = {
        .pixels = (const uint8_t *)rows.pixels,
        .stride = rows.width * sizeof *rows.pixels,
        .rows = rows.height / CELL,
        .columns = count,
        .step = CELL,
        .means = work->turn.transpose ? session->cells : small,
    };
    reduce(&cells);
    for (size_t i = 0; work->turn.transpose && i < cells.rows * count; i++)
        memcpy(small + 4 * i * across, session->cells + 4 * i, 4);
}

/* Encode MCUs whose samples are in the planes, from a row of the picture on. */
static void write_rows(struct session *session, uint32_t top, uint32_t rows)
{
    const struct planes *planes = &session->planes;
    const uint32_t high = DCTSIZE * planes->down, fewer = (planes->height + planes->down - 1) / planes->down;
    JSAMPROW lines[3][2 * DCTSIZE];
    JSAMPARRAY data[3] = {lines[0], lines[1], lines[2]};

    for (uint32_t y = top; y < top + rows; y += high) {
        for (uint32_t j = 0; j < high; j++)
            lines[0][j] = planes->samples[0] + planes->strides[0] * (least(y + j, planes->height - 1) - planes->top);
        for (uint32_t j = 0; j < DCTSIZE; j++)
            for (int c = 1; c < 3; c++) {
                size_t row = least(y / planes->down + j, fewer - 1) - planes->top / planes->down;
                lines[c][j] = planes->samples[c] + planes->strides[c] * row;
            }
        session->work->libjpeg->write_raw_data(&session->encoder, data, high);
    }
}

static void run(struct session *session)
{
    const struct strips *work = session->work;
    const struct turn turn = work->turn;
    const int upright = is_upright(turn);
    struct planes *planes = &session->planes;

    *planes = (struct planes){
        .width = turn.transpose ? work->height : work->width,
        .height = turn.transpose ? work->width : work->height,
        .across = work->across,
        .down = work->down,
    };
    if (!reserve_planes(planes, upright ? MCU : planes->height, (int)turn.transpose))
        longjmp(session->out, 1);
    session->pixels = reserved(session, (size_t)CELL * work->width * sizeof *session->pixels);
    session->cells = reserved(session, (size_t)4 * work->width);
    begin_reading(session);
    begin_writing(session);
    while (session->in.output_scanline < work->height) {
        const struct rows rows = read_rows(session);
        const uint32_t behind = rows.top + rows.height;
        if (work->finish)
            finish_rows(session, rows);
        shrink_rows(session, rows);
        planes->top = upright ? rows.top / MCU * MCU : 0;
        if (turn.transpose)
            add_columns(planes, rows, (int)turn.flip_x);
        else
            add_rows(planes, rows);
        if (upright && (behind % MCU == 0 || behind == planes->height))
            write_rows(session, planes->top, behind - planes->top);
    }
    work->libjpeg->finish_decompress(&session->in);
    if (!upright)
        write_rows(session, 0, planes->height);
    work->libjpeg->finish_compress(&session->encoder);
}

/* Fill `to`, `written` and `small`; DOUBT on any error or warning. */
int strips(struct strips *work)
{
    struct session *const session = calloc(1, sizeof *session);

    if (session == NULL)
        return DOUBT;
    session->work = work;
    session->status = DOUBT;
    work->libjpeg->std_error(&session->errors);
    session->errors.error_exit = leave;
    session->errors.emit_message = leave_if_warned;
    if (setjmp(session->out) == 0) {
        run(session);
        session->status = DONE;
    }
    const int status = session->status;
    work->written = work->room - session->target.free_in_buffer;
    if (session->in.err)
        work->libjpeg->destroy_decompress(&session->in);
    if (session->encoder.err)
        work->libjpeg->destroy_compress(&session->encoder);
    free(session->planes.samples[0]);
    free(session->pixels);
    free(session->cells);
    free(session);
    return status;
}
