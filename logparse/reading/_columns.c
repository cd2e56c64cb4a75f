/* Columns that grow row by row, handed over as Arrow arrays in PyCapsules. */

#include "_scanner.h"

int add_text(Texts *texts, int64_t index, const uint8_t *text, int32_t size)
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

int open_table(Table *table, int columns)
{
    table->columns = columns;
    table->texts = calloc(columns + 1, sizeof(Texts));
    int complete = table->texts && extended(&table->rows, 0);
    for (int i = 0; complete && i < columns; i++)
        complete = extended(&table->texts[i].views, 0) && extended(&table->texts[i].long_texts, 0);
    return complete;
}

int add_row(Table *table, uint32_t row)
{
    uint8_t *place = extended(&table->rows, 4);
    if (place != NULL)
        memcpy(place, &row, 4);
    return place != NULL;
}

void free_table(Table *table)
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

/* -- as Arrow arrays -- */

enum { MOST_COLUMNS = 1 + 1 + MOST_GROUPS }; /* row, the line, and the groups */

typedef struct { ArrowSchema *children[MOST_COLUMNS], schemas[MOST_COLUMNS]; char names[MOST_COLUMNS][4]; } Schemas;
typedef struct { ArrowArray *children[MOST_COLUMNS], arrays[MOST_COLUMNS]; const void *none[1]; } Arrays;
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

/* A schema of structs: row, and texts named from the number `first` on. */
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

/* The bytes without the room that they do not need: columns stay in memory for long. */
static const void *handed_over(Bytes *bytes)
{
    uint8_t *data = realloc(bytes->data, bytes->size ? bytes->size : 1);
    return data ? data : bytes->data;
}

/* The rows of a table, whose memory goes over to the capsule. */
static PyObject *array_of(Table *table)
{
    ArrowArray *array = calloc(1, sizeof *array);
    Arrays *own = calloc(1, sizeof *own);
    Buffers *buffers[MOST_COLUMNS] = {NULL};
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
        buffers[i]->buffers[0] = i && table->height ? handed_over(&texts->valid) : NULL;
        buffers[i]->buffers[1] = handed_over(i ? &texts->views : &table->rows);
        if (i) {
            buffers[i]->buffers[2] = handed_over(&texts->long_texts);
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

PyObject *arrow_of(Table *table, int first)
{
    PyObject *schema = schema_of(table->columns, first);
    PyObject *array = schema ? array_of(table) : NULL;
    PyObject *pair = array ? PyTuple_Pack(2, schema, array) : NULL;
    Py_XDECREF(schema);
    Py_XDECREF(array);
    return pair;
}

/* -- from Arrow arrays -- */

int is_of_texts(ArrowStream *stream)
{
    ArrowSchema schema;
    if (stream->get_schema(stream, &schema) != 0)
        return 0;
    int answer = strcmp(schema.format, "vu") == 0;
    if (schema.release != NULL)
        schema.release(&schema);
    return answer;
}

const uint8_t *text_at(const ArrowArray *array, int64_t index, int32_t *size)
{
    const uint8_t *valid = array->buffers[0], *view = (const uint8_t *)array->buffers[1] + 16 * (array->offset + index);
    int32_t buffer, start;
    int64_t bit = array->offset + index;
    memcpy(size, view, 4);
    if (valid != NULL && !(valid[bit / 8] >> bit % 8 & 1))
        *size = 0;
    if (*size <= 12)
        return view + 4;
    memcpy(&buffer, view + 8, 4);
    memcpy(&start, view + 12, 4);
    return (const uint8_t *)array->buffers[2 + buffer] + start;
}
