/* Damages a JPEG again and again and changes it in strips: `storm FILE TIMES SEED LIBJPEG FUNCTION…`. FILE is what test_storm.py has
 * written. Built with sanitizers. Every array has its exact size, so that they see each step beyond it. Prints how many
 * files were accepted. */

#include "../../../../models/compiled/strips/strips.h"

#include <dlfcn.h>
#include <stdlib.h>

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void *take(size_t size)
{
    void *memory = calloc(size ? size : 1, 1);
    if (memory == NULL)
        abort();
    return memory;
}

/* `names` are those of the functions, in the order of `struct libjpeg`. */
static void *found(const char *path, char **names)
{
    static void *addresses[sizeof(struct libjpeg) / sizeof(void *)];
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL)
        abort();
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (names[i] == NULL || (addresses[i] = dlsym(library, names[i])) == NULL)
            abort();
    return addresses;
}

int main(int count, char **arguments)
{
    struct {
        uint32_t transpose, flip_x, flip_y, width, height, across, down, size;
    } head;
    FILE *file = count > 5 ? fopen(arguments[1], "rb") : NULL;
    if (file == NULL || fread(&head, sizeof head, 1, file) != 1)
        abort();
    static uint8_t *whole; /* static: it is no leak */
    whole = take(head.size);
    if (fread(whole, 1, head.size, file) != head.size)
        abort();
    fclose(file);
    state = strtoull(arguments[3], NULL, 10);
    const uint32_t across = head.transpose ? head.height : head.width, down = head.transpose ? head.width : head.height;
    static struct finish change;
    change = (struct finish){.bits = 8, .scale = 1, .transposed = head.transpose, .pattern = 64};
    change.rows = take(down * sizeof(float));
    change.columns = take(across * sizeof(float));
    for (uint32_t y = 0; y < down; y++)
        ((float *)change.rows)[y] = 1.5f;
    change.dither = (struct noise){take(64 * 4), take(64 * 4), take(across * 4)};
    struct strips work = {
        .libjpeg = found(arguments[4], arguments + 5),
        .turn = {head.transpose, head.flip_x, head.flip_y},
        .width = head.width,
        .height = head.height,
        .finish = &change,
        .across = head.across,
        .down = head.down,
        .quality = 90,
        .size = head.size,
    };
    long accepted = 0;
    for (long left = atol(arguments[2]); left > 0; left--) {
        uint8_t *data = take(head.size);
        memcpy(data, whole, head.size);
        for (uint32_t i = 1 + any(3); i > 0; i--)
            data[2 + any(head.size - 2)] = (uint8_t)any(256);
        work.from = data;
        work.size = any(8) ? head.size : 2 + any(head.size - 2); /* cut off now and then */
        work.room = 1024 + any(head.width * head.height);
        work.to = take(work.room);
        work.small = take((size_t)4 * (across / CELL) * (down / CELL));
        accepted += strips(&work) == DONE;
        free(data);
        free(work.to);
        free(work.small);
    }
    printf("%ld\n", accepted);
    return 0;
}
