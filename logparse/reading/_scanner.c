/* The lines of a text that a few patterns match, with the texts of their groups, and the other lines.

   A pattern is a program of `scanner.py`, matched as a backtracking matcher of regular expressions does: it takes a
   line if and as `re` does. Lines that are very long or need many steps are left undecided. Lines with a carriage
   return are taken by no pattern, since they are several lines in one.

   Results are Arrow arrays of structs (row, text of each group), handed over as PyCapsules. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { END, LITERAL, SET, SPLIT, JUMP, SAVE, RUN };
enum { MOST_GROUPS = 32, MOST_PATTERNS = 64, MOST_PENDING = 256, MOST_STEPS = 4000,
       LONGEST_LINE = 1 << 14 };
enum { NOWHERE = -1 };
enum { UNDECIDED = -1, NO = 0, YES = 1 };

/* -- matching -- */

typedef struct {
    const int32_t *code;      /* END | LITERAL start size | SET set least most | SPLIT else | JUMP to | SAVE slot
                                 | RUN set least most: a SET that never gives back a character */
    const uint8_t *literals;  /* the texts of LITERAL and of the rivals, one after the other */
    const uint8_t *sets;      /* 256 bytes for each set: 1 for the first bytes of its characters */
    const int32_t *rivals;    /* of each text that keeps the pattern from taking a line: start, size, place of a rare byte */
    int rival_count, groups, keeps_line;
} Pattern;

typedef struct { int32_t code; int32_t at, least; } Pending; /* code < 0: the slot ~code was at `at` before */

/* Whether a byte is one of a character in UTF-8, but not its first. */
static int is_within(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* Where the character before `at` begins. */
static int32_t before(const uint8_t *line, int32_t at, int32_t least)
{
    do
        at--;
    while (at > least && is_within(line[at]));
    return at;
}

static int matches(const Pattern *p, const uint8_t *line, int32_t size, int32_t *slots)
{
    Pending pending[MOST_PENDING];
    int depth = 0, steps = 0;
    int32_t at = 0, pc = 0;
    for (;;) {
        const int32_t *code = p->code + pc;
        int fails = 0;
        if (++steps > MOST_STEPS || depth > MOST_PENDING - 2)
            return UNDECIDED;
        switch (code[0]) {
        case END:
            if (at == size)
                return YES;
            fails = 1;
            break;
        case LITERAL:
            if (size - at < code[2] || memcmp(line + at, p->literals + code[1], code[2]) != 0)
                fails = 1;
            else
                at += code[2], pc += 3;
            break;
        case SET:
        case RUN: {
            const uint8_t *set = p->sets + 256 * code[1];
            int32_t start = at, least_at = at, count = 0;
            while (count < code[3] && at < size && set[line[at]]) {
                if (line[at++] >= 0x80)
                    while (at < size && is_within(line[at]))
                        at++;
                if (++count == code[2])
                    least_at = at;
            }
            steps += (at - start) / 16;
            if (count < code[2])
                fails = 1;
            else {
                pc += 4;
                if (code[0] == SET && at > least_at)
                    pending[depth++] = (Pending){pc, before(line, at, least_at), least_at};
            }
            break;
        }
        case SPLIT:
            pending[depth++] = (Pending){code[1], at, at};
            pc += 2;
            break;
        case JUMP:
            pc = code[1];
            break;
        default: /* SAVE */
            if (depth > 0) /* else nothing will be tried again */
                pending[depth++] = (Pending){~code[1], slots[code[1]], 0};
            slots[code[1]] = at;
            pc += 2;
        }
        while (fails) {
            if (depth == 0)
                return NO;
            Pending *last = &pending[depth - 1];
            if (last->code < 0) {
                slots[~last->code] = last->at;
                depth--;
                continue;
            }
            pc = last->code, at = last->at;
            if (last->at > last->least)
                last->at = before(line, last->at, last->least);
            else
                depth--;
            fails = 0;
        }
    }
}

/* Whether a line contains the text, whose byte `rare` is searched for. */
static int contains(const uint8_t *line, int32_t size, const uint8_t *text, int32_t length, int32_t rare)
{
    if (size < length)
        return 0;
    const uint8_t *at = line + rare, *end = line + size - length + rare + 1;
    while (at < end && (at = memchr(at, text[rare], end - at)) != NULL) {
        if (memcmp(at - rare, text, length) == 0)
            return 1;
        at++;
    }
    return 0;
}

static int takes(const Pattern *p, const uint8_t *line, int32_t size, int32_t *slots)
{
    for (int i = 0; i < 2 * p->groups; i++)
        slots[i] = NOWHERE;
    int answer = matches(p, line, size, slots);
    for (int i = 0; answer == YES && i < p->rival_count; i++)
        if (contains(line, size, p->literals + p->rivals[3 * i], p->rivals[3 * i + 1], p->rivals[3 * i + 2]))
            answer = NO;
    return answer;
}

/* -- columns -- */

typedef struct { uint8_t *data; int64_t size, room; } Bytes;

static void *extended(Bytes *bytes, int64_t size)
{
    if (bytes->size + size >= bytes->room) {
        int64_t room = 2 * bytes->room + size + 4096;
        uint8_t *data = realloc(bytes->data, room);
        if (data == NULL)
            return NULL;
        bytes->data = data, bytes->room = room;
    }
    bytes->size += size;
    return bytes->data + bytes->size - size;
}

typedef struct { Bytes views, valid, long_texts; int64_t nulls; } Texts; /* Arrow's layout of string views */

static int add_text(Texts *texts, int64_t index, const uint8_t *text, int32_t size)
{
    if (index % 8 == 0) {
        uint8_t *bits = extended(&texts->valid, 1);
        if (bits == NULL)
            return 0;
        *bits = 0;
    }
    uint8_t *view = extended(&texts->views, 16);
    if (view == NULL)
        return 0;
    memset(view, 0, 16);
    if (text == NULL)
        return ++texts->nulls, 1;
    texts->valid.data[index / 8] |= (uint8_t)(1 << index % 8);
    memcpy(view, &size, 4);
    if (size <= 12)
        return memcpy(view + 4, text, size), 1;
    int32_t offset = (int32_t)texts->long_texts.size;
    uint8_t *copy = extended(&texts->long_texts, size);
    if (copy == NULL)
        return 0;
    memcpy(copy, text, size);
    memcpy(view + 4, text, 4);
    memcpy(view + 12, &offset, 4); /* bytes 8 to 11: the first buffer */
    return 1;
}

typedef struct { Bytes rows; Texts *texts; int columns; int64_t height; } Table;

static int add_row(Table *table, uint32_t row)
{
    uint8_t *place = extended(&table->rows, 4);
    if (place != NULL)
        memcpy(place, &row, 4);
    return place != NULL;
}

static void free_table(Table *table)
{
    for (int i = 0; table->texts != NULL && i < table->columns; i++) {
        free(table->texts[i].views.data);
        free(table->texts[i].valid.data);
        free(table->texts[i].long_texts.data);
    }
    free(table->texts);
    free(table->rows.data);
    memset(table, 0, sizeof *table);
}

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

typedef struct { ArrowSchema *children[1 + MOST_GROUPS + 1], schemas[1 + MOST_GROUPS + 1]; char names[1 + MOST_GROUPS + 1][4]; } Schemas;
typedef struct { ArrowArray *children[1 + MOST_GROUPS + 1], arrays[1 + MOST_GROUPS + 1]; const void *none[1]; } Arrays;
typedef struct { const void *buffers[4]; int64_t sizes[1]; } Buffers;

static void release_child_schema(ArrowSchema *schema) { schema->release = NULL; }

static void release_schema(ArrowSchema *schema)
{
    free(schema->private_data);
    schema->release = NULL;
}

static void release_child(ArrowArray *array)
{
    Buffers *own = array->private_data;
    for (int i = 0; i < 3; i++)
        free((void *)own->buffers[i]);
    free(own);
    array->release = NULL;
}

static void release_array(ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
    free(array->private_data);
    array->release = NULL;
}

static void drop_schema(PyObject *capsule)
{
    ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release != NULL)
        schema->release(schema);
    free(schema);
}

static void drop_array(PyObject *capsule)
{
    ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release != NULL)
        array->release(array);
    free(array);
}

/* A schema of structs: row, and the texts "0" (if the whole line is kept), "1", "2", … */
static PyObject *schema_of(int columns, int first)
{
    ArrowSchema *schema = calloc(1, sizeof *schema);
    Schemas *own = calloc(1, sizeof *own);
    PyObject *capsule = schema && own ? PyCapsule_New(schema, "arrow_schema", drop_schema) : NULL;
    if (capsule == NULL)
        return free(schema), free(own), PyErr_Occurred() ? NULL : PyErr_NoMemory();
    for (int i = 0; i <= columns; i++) {
        if (i > 0)
            PyOS_snprintf(own->names[i], sizeof own->names[i], "%d", first + i - 1);
        own->schemas[i] = (ArrowSchema){i ? "vu" : "I", i ? own->names[i] : "row", NULL, 2, 0, NULL, NULL,
                                        release_child_schema, NULL};
        own->children[i] = &own->schemas[i];
    }
    *schema = (ArrowSchema){"+s", "", NULL, 0, columns + 1, own->children, NULL, release_schema, own};
    return capsule;
}

/* The rows of a table, whose memory goes over to the capsule. */
static PyObject *array_of(Table *table)
{
    ArrowArray *array = calloc(1, sizeof *array);
    Arrays *own = calloc(1, sizeof *own);
    Buffers *buffers[1 + MOST_GROUPS + 1] = {NULL};
    int complete = array && own;
    for (int i = 0; i <= table->columns; i++)
        complete = (buffers[i] = calloc(1, sizeof **buffers)) && complete;
    PyObject *capsule = complete ? PyCapsule_New(array, "arrow_array", drop_array) : NULL;
    if (capsule == NULL) {
        for (int i = 0; i <= table->columns; i++)
            free(buffers[i]);
        return free(array), free(own), PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    for (int i = 0; i <= table->columns; i++) {
        ArrowArray *child = own->children[i] = &own->arrays[i];
        Texts *texts = i ? &table->texts[i - 1] : NULL;
        *child = (ArrowArray){table->height, i ? texts->nulls : 0, 0, i ? 4 : 2, 0, buffers[i]->buffers, NULL, NULL,
                              release_child, buffers[i]};
        buffers[i]->buffers[0] = i ? texts->valid.data : NULL; /* none are null where there are no rows */
        buffers[i]->buffers[1] = i ? texts->views.data : table->rows.data;
        if (i) {
            buffers[i]->buffers[2] = texts->long_texts.data;
            buffers[i]->sizes[0] = texts->long_texts.size;
            buffers[i]->buffers[3] = buffers[i]->sizes;
        }
    }
    *array = (ArrowArray){table->height, 0, 0, 1, table->columns + 1, own->none, own->children, NULL, release_array,
                          own};
    free(table->texts);
    memset(table, 0, sizeof *table);
    return capsule;
}

/* -- the module -- */

enum { OTHERS, UNKNOWN, FIRST }; /* the tables: the third is that of the first pattern */

/* Fill the tables; 0 where memory ran out. */
static int scan_text(const uint8_t *text, int64_t size, const Pattern *patterns, int count, Table *tables)
{
    int32_t slots[2 * MOST_GROUPS];
    int any_return = memchr(text, '\r', size) != NULL;
    uint32_t row = 0;
    for (int64_t start = 0; start < size; row++) {
        const uint8_t *line = text + start, *end = memchr(line, '\n', size - start);
        int32_t length = (int32_t)(end ? end - line : size - start);
        start += length + 1;
        int taken = OTHERS;
        if (any_return && memchr(line, '\r', length))
            ;
        else if (length > LONGEST_LINE)
            taken = UNKNOWN;
        else
            for (int i = 0; i < count && taken == OTHERS; i++) {
                int answer = takes(&patterns[i], line, length, slots);
                taken = answer == YES ? FIRST + i : answer == UNDECIDED ? UNKNOWN : OTHERS;
            }
        Table *table = &tables[taken];
        int64_t index = table->height++;
        if (!add_row(table, row))
            return 0;
        int column = 0;
        if ((taken < FIRST || patterns[taken - FIRST].keeps_line) && !add_text(&table->texts[column++], index, line, length))
            return 0;
        for (int group = 0; taken >= FIRST && group < patterns[taken - FIRST].groups; group++) {
            int32_t from = slots[2 * group], to = slots[2 * group + 1];
            const uint8_t *found = from == NOWHERE || to == NOWHERE ? NULL : line + from;
            if (!add_text(&table->texts[column++], index, found, to - from))
                return 0;
        }
    }
    return 1;
}

PyDoc_STRVAR(scan_doc,
"scan(text, patterns) -> list of (arrow_schema, arrow_array)\n\n"
"The lines of `text` that no pattern takes (row, \"0\"), those that are undecided, and those that each pattern takes\n"
"(row, \"1\", \"2\", ..., with \"0\" before them where it keeps the line). The first pattern that can takes a line.\n\n"
"patterns: tuples (code, literals, sets, rivals, number of groups, whether it keeps the line).");

static PyObject *scan(PyObject *module, PyObject *args)
{
    Py_buffer text;
    PyObject *given, *result = NULL;
    Pattern patterns[MOST_PATTERNS];
    Table tables[FIRST + MOST_PATTERNS];
    Py_ssize_t count, code_size, literals_size, sets_size, rivals_size;
    int complete = 1;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*O!", &text, &PyTuple_Type, &given))
        return NULL;
    memset(tables, 0, sizeof tables);
    count = PyTuple_Size(given);
    if (count > MOST_PATTERNS || text.len >= INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "too long a text, or too many patterns");
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Pattern *p = &patterns[i];
        if (!PyArg_ParseTuple(PyTuple_GetItem(given, i), "y#y#y#y#ip", &p->code, &code_size, &p->literals,
                              &literals_size, &p->sets, &sets_size, &p->rivals, &rivals_size, &p->groups,
                              &p->keeps_line))
            goto done;
        p->rival_count = (int)(rivals_size / 12);
        if (p->groups < 0 || p->groups > MOST_GROUPS) {
            PyErr_SetString(PyExc_ValueError, "too many groups");
            goto done;
        }
    }
    for (Py_ssize_t i = 0; i < FIRST + count; i++) {
        tables[i].columns = i < FIRST ? 1 : patterns[i - FIRST].groups + patterns[i - FIRST].keeps_line;
        tables[i].texts = calloc(tables[i].columns + 1, sizeof(Texts));
        complete = complete && tables[i].texts && extended(&tables[i].rows, 0);
        for (int column = 0; complete && column < tables[i].columns; column++)
            complete = extended(&tables[i].texts[column].views, 0) && extended(&tables[i].texts[column].long_texts, 0);
    }
    Py_BEGIN_ALLOW_THREADS
    complete = complete && scan_text(text.buf, text.len, patterns, (int)count, tables);
    Py_END_ALLOW_THREADS
    result = complete ? PyList_New(0) : PyErr_NoMemory();
    for (Py_ssize_t i = 0; result != NULL && i < FIRST + count; i++) {
        PyObject *schema = schema_of(tables[i].columns, i >= FIRST && !patterns[i - FIRST].keeps_line);
        PyObject *array = schema ? array_of(&tables[i]) : NULL;
        PyObject *pair = array ? PyTuple_Pack(2, schema, array) : NULL;
        Py_XDECREF(schema);
        Py_XDECREF(array);
        if (pair == NULL || PyList_Append(result, pair) < 0)
            Py_CLEAR(result);
        Py_XDECREF(pair);
    }
done:
    for (Py_ssize_t i = 0; i < FIRST + MOST_PATTERNS; i++)
        free_table(&tables[i]);
    PyBuffer_Release(&text);
    return result;
}

static PyMethodDef methods[] = {{"scan", scan, METH_VARARGS, scan_doc}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot module_slots[] = {{0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_scanner", NULL, 0, methods, module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__scanner(void)
{
    return PyModuleDef_Init(&definition);
}
