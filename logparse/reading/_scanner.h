/* What the parts of the scanner share: patterns (_pattern.c) and columns (_columns.c). */

#ifndef LOGPARSE_SCANNER_H
#define LOGPARSE_SCANNER_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 32, LONGEST_LINE = 1 << 14 };
enum { NOWHERE = -1 };
enum { UNDECIDED = -1, NO = 0, YES = 1 };

/* -- bytes that grow -- */

typedef struct { uint8_t *data; int64_t size, room; } Bytes;

/* The place of `size` more bytes at the end, not set; NULL where memory ran out. */
void *extended(Bytes *bytes, int64_t size);

/* -- patterns -- */

typedef struct {
    Bytes code;     /* int32_t: the instructions that _pattern.c lists */
    Bytes literals; /* the texts of LITERAL, one after the other */
    Bytes sets;     /* 256 bytes for each set: 1 for the first bytes of its characters */
    int groups, is_anchored;
    uint8_t first[257]; /* 1 for each byte with which a match may begin, and at 256 if it may be empty */
} Program;

/* The program of a regular expression; NULL if it has none (then `*no_memory` tells whether memory ran out).
   Anchored at both ends of a line, or at neither. */
Program *compile_pattern(const uint8_t *pattern, int64_t size, int is_anchored, int *no_memory);
void free_program(Program *program);

/* YES, NO or UNDECIDED, and in `slots` where each group of the first match begins and ends, or NOWHERE. */
int find(const Program *program, const uint8_t *line, int32_t size, int32_t *slots);

/* Whether a line that an anchored program takes may contain the text: 0 or 1; -1 where memory ran out. It may say so
   of a text that no such line contains. */
int can_contain(const Program *program, const uint8_t *text, int64_t size);

/* -- Arrow's C data interface: https://arrow.apache.org/docs/format/CDataInterface.html -- */

typedef struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
} ArrowSchema;

typedef struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
} ArrowArray;

typedef struct ArrowStream {
    int (*get_schema)(struct ArrowStream *, ArrowSchema *);
    int (*get_next)(struct ArrowStream *, ArrowArray *);
    const char *(*get_last_error)(struct ArrowStream *);
    void (*release)(struct ArrowStream *);
    void *private_data;
} ArrowStream;

/* Whether the arrays of a stream are columns of string views. */
int is_of_texts(ArrowStream *stream);

/* A text of such an array, of length 0 where it is null. */
const uint8_t *text_at(const ArrowArray *array, int64_t index, int32_t *size);

/* -- columns -- */

typedef struct { Bytes views, valid, long_texts; int64_t nulls; } Texts; /* Arrow's layout of string views */
typedef struct { Bytes rows; Texts *texts; int columns; int64_t height; } Table;

/* These return 0 where memory ran out. */
int open_table(Table *table, int columns);
int add_row(Table *table, uint32_t row);
int add_text(Texts *texts, int64_t index, const uint8_t *text, int32_t size); /* text NULL: null */
void free_table(Table *table);

/* The capsules (schema, array) of an array of structs: row, and texts named from the number `first` on. The table is
   empty afterwards. NULL with an exception where memory ran out. */
PyObject *arrow_of(Table *table, int first);

#endif
