/* The lines of a text that patterns match, with the texts of their groups.

   Lines that are very long or need many steps are left undecided. Results are Arrow arrays of structs: row, and the
   text of each group. */

#include "_scanner.h"

enum { MOST_PATTERNS = 64, MOST_TAKERS = 8 };

static const char PROGRAM[] = "logparse.program", READER[] = "logparse.reader";

/* -- a program -- */

static void drop_program(PyObject *capsule) { free_program(PyCapsule_GetPointer(capsule, PROGRAM)); }

PyDoc_STRVAR(program_doc,
"program(pattern, is_anchored) -> capsule or None\n\n"
"The program of a regular expression (bytes), anchored at both ends of a line or at neither; None if it has none.");

static PyObject *make_program(PyObject *module, PyObject *args)
{
    const char *pattern;
    Py_ssize_t size;
    int is_anchored, no_memory;
    (void)module;
    if (!PyArg_ParseTuple(args, "y#p", &pattern, &size, &is_anchored))
        return NULL;
    Program *compiled = compile_pattern((const uint8_t *)pattern, size, is_anchored, &no_memory);
    if (compiled == NULL)
        return no_memory ? PyErr_NoMemory() : Py_NewRef(Py_None);
    PyObject *capsule = PyCapsule_New(compiled, PROGRAM, drop_program);
    if (capsule == NULL)
        free_program(compiled);
    return capsule;
}

/* The program and the text of the arguments; NULL with an exception. */
static const Program *program_and_text(PyObject *args, const uint8_t **text, Py_ssize_t *size)
{
    PyObject *capsule;
    return PyArg_ParseTuple(args, "Oy#", &capsule, text, size) ? PyCapsule_GetPointer(capsule, PROGRAM) : NULL;
}

PyDoc_STRVAR(spans_doc,
"spans(program, text) -> list of (start, end) or None\n\n"
"Where each group of the first match in a text (bytes) begins and ends, (-1, -1) for a group that takes no part.\n"
"Empty if there is no match, None if that is undecided.");

static PyObject *spans(PyObject *module, PyObject *args)
{
    PyObject *result;
    const uint8_t *text;
    Py_ssize_t size;
    int32_t slots[2 * MOST_GROUPS];
    const Program *compiled = program_and_text(args, &text, &size);
    (void)module;
    if (compiled == NULL)
        return NULL;
    int answer = size > LONGEST_LINE ? UNDECIDED : find(compiled, text, (int32_t)size, slots);
    if (answer == UNDECIDED)
        return Py_NewRef(Py_None);
    result = PyList_New(0);
    for (int group = 0; result != NULL && answer == YES && group < compiled->groups; group++) {
        PyObject *span = Py_BuildValue("(ii)", (int)slots[2 * group], (int)slots[2 * group + 1]);
        if (span == NULL || PyList_Append(result, span) < 0)
            Py_CLEAR(result);
        Py_XDECREF(span);
    }
    return result;
}

PyDoc_STRVAR(can_contain_doc,
"can_contain(program, text) -> bool\n\n"
"Whether a line that a program takes may contain a text (bytes). It may say so of a text that no such line contains.");

static PyObject *can_contain_text(PyObject *module, PyObject *args)
{
    const uint8_t *text;
    Py_ssize_t size;
    const Program *compiled = program_and_text(args, &text, &size);
    (void)module;
    if (compiled == NULL)
        return NULL;
    int answer = can_contain(compiled, text, size);
    return answer < 0 ? PyErr_NoMemory() : PyBool_FromLong(answer);
}

/* -- scanning whole lines for a few frequent patterns -- */

typedef struct { const uint8_t *text; int32_t size, rare; } Rival; /* rare: the place of a byte that is searched for */

typedef struct {
    const Program *program;
    Rival *rivals; /* texts that keep the pattern from taking a line */
    int rival_count, keeps_line;
} Pattern;

/* The byte of a text that is likely to be the rarest in lines of this program. */
static int32_t rarest(const Program *program, const uint8_t *text, int32_t size)
{
    int32_t best = 0;
    int64_t least = INT64_MAX;
    for (int32_t i = 0; i < size; i++) {
        int64_t frequency = text[i] && strchr("0123456789.,:- ", text[i]) ? 10 : 0;
        for (int64_t k = 0; k < program->literals.size; k++)
            frequency += program->literals.data[k] == text[i];
        if (frequency < least)
            least = frequency, best = i;
    }
    return best;
}

static int contains(const uint8_t *line, int32_t size, const Rival *rival)
{
    if (size < rival->size)
        return 0;
    const uint8_t *at = line + rival->rare, *end = line + size - rival->size + rival->rare + 1;
    while (at < end && (at = memchr(at, rival->text[rival->rare], end - at)) != NULL) {
        if (memcmp(at - rival->rare, rival->text, rival->size) == 0)
            return 1;
        at++;
    }
    return 0;
}

static int takes(const Pattern *pattern, const uint8_t *line, int32_t size, int32_t *slots)
{
    int answer = find(pattern->program, line, size, slots);
    for (int i = 0; answer == YES && i < pattern->rival_count; i++)
        if (contains(line, size, &pattern->rivals[i]))
            answer = NO;
    return answer;
}

static int add_groups(Table *table, const Program *program, int64_t index, int column, const uint8_t *line,
                      const int32_t *slots)
{
    for (int group = 0; group < program->groups; group++) {
        int32_t from = slots[2 * group], to = slots[2 * group + 1];
        const uint8_t *found = from == NOWHERE || to == NOWHERE ? NULL : line + from;
        if (!add_text(&table->texts[column++], index, found, to - from))
            return 0;
    }
    return 1;
}

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
            ; /* several lines in one */
        else if (length > LONGEST_LINE)
            taken = UNKNOWN;
        else
            for (int i = 0; i < count && taken == OTHERS; i++) {
                int answer = takes(&patterns[i], line, length, slots);
                taken = answer == YES ? FIRST + i : answer == UNDECIDED ? UNKNOWN : OTHERS;
            }
        Table *table = &tables[taken];
        int64_t index = table->height++;
        int column = taken < FIRST || patterns[taken - FIRST].keeps_line;
        if (!add_row(table, row) || (column && !add_text(&table->texts[0], index, line, length)))
            return 0;
        if (taken >= FIRST && !add_groups(table, patterns[taken - FIRST].program, index, column, line, slots))
            return 0;
    }
    return 1;
}

/* A pattern from its tuple; 0 with an exception. */
static int pattern_of(PyObject *given, Pattern *pattern)
{
    PyObject *capsule, *rivals;
    if (!PyArg_ParseTuple(given, "OO!p", &capsule, &PyTuple_Type, &rivals, &pattern->keeps_line))
        return 0;
    pattern->program = PyCapsule_GetPointer(capsule, PROGRAM);
    if (pattern->program == NULL)
        return 0;
    Py_ssize_t count = PyTuple_Size(rivals);
    pattern->rivals = calloc(count + 1, sizeof(Rival));
    if (pattern->rivals == NULL)
        return PyErr_NoMemory(), 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        char *text;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(rivals, i), &text, &size) < 0)
            return 0;
        if (size == 0 || size > LONGEST_LINE)
            return PyErr_SetString(PyExc_ValueError, "a rival of no length, or longer than any line"), 0;
        pattern->rivals[i] = (Rival){(const uint8_t *)text, (int32_t)size,
                                     rarest(pattern->program, (const uint8_t *)text, (int32_t)size)};
        pattern->rival_count++;
    }
    return 1;
}

PyDoc_STRVAR(scan_doc,
"scan(text, patterns) -> list of (arrow_schema, arrow_array)\n\n"
"The lines of `text` that no pattern takes (row, \"0\"), those that are undecided, and those that each pattern takes\n"
"(row, \"1\", \"2\", ..., with \"0\" before them where it keeps the line). The first pattern that can takes a line;\n"
"none takes a line with a carriage return.\n\n"
"patterns: tuples (program, texts that a line may not contain, whether it keeps the line).");

static PyObject *scan_lines(PyObject *module, PyObject *args)
{
    Py_buffer text;
    PyObject *given, *result = NULL;
    Pattern patterns[MOST_PATTERNS];
    Table tables[FIRST + MOST_PATTERNS];
    int complete = 1;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*O!", &text, &PyTuple_Type, &given))
        return NULL;
    memset(tables, 0, sizeof tables);
    memset(patterns, 0, sizeof patterns);
    Py_ssize_t count = PyTuple_Size(given);
    if (count > MOST_PATTERNS || text.len >= INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "too long a text, or too many patterns");
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        if (!pattern_of(PyTuple_GetItem(given, i), &patterns[i]))
            goto done;
    for (Py_ssize_t i = 0; i < FIRST + count; i++)
        complete = complete && open_table(&tables[i], i < FIRST ? 1 : patterns[i - FIRST].program->groups
                                                                         + patterns[i - FIRST].keeps_line);
    Py_BEGIN_ALLOW_THREADS
    complete = complete && scan_text(text.buf, text.len, patterns, (int)count, tables);
    Py_END_ALLOW_THREADS
    result = complete ? PyList_New(0) : PyErr_NoMemory();
    for (Py_ssize_t i = 0; result != NULL && i < FIRST + count; i++) {
        PyObject *pair = arrow_of(&tables[i], i >= FIRST && !patterns[i - FIRST].keeps_line);
        if (pair == NULL || PyList_Append(result, pair) < 0)
            Py_CLEAR(result);
        Py_XDECREF(pair);
    }
done:
    for (Py_ssize_t i = 0; i < FIRST + MOST_PATTERNS; i++)
        free_table(&tables[i]);
    for (Py_ssize_t i = 0; i < MOST_PATTERNS; i++)
        free(patterns[i].rivals);
    PyBuffer_Release(&text);
    return result;
}

/* -- reading lines by all rules of a grammar -- */

typedef struct { const Program *program; int is_exclusive; } Rule; /* program NULL: it has none */

/* A text that each line of a rule contains. It is searched by three bytes of it, which are at `place`; a text of less, by
   its first byte. */
typedef struct { int32_t start, size, place, rule, next; } Literal;

typedef struct {
    Rule *rules;
    PyObject *owner;        /* the tuple that the rules came from, which keeps their programs */
    Bytes literals, texts;  /* each Literal, and their texts */
    int rule_count;
    int32_t *heads;         /* of each key of three bytes the first of its literals, or NOWHERE */
    uint8_t seen[1 << 13];  /* a bit for each key that has a literal: small enough for the nearest cache */
    int32_t shorts;         /* the first of the literals of less than three bytes */
} Reader;

static Literal *literal_of(const Reader *reader, int32_t index) { return (Literal *)reader->literals.data + index; }

/* A key of three bytes, of 16 bits. */
static uint32_t key_of(const uint8_t *text)
{
    return ((text[0] | (uint32_t)text[1] << 8 | (uint32_t)text[2] << 16) * 0x9E3779B1u) >> 16;
}

/* How often a byte is in logs, in classes. */
static int commonness(uint8_t byte)
{
    if (byte == ' ' || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))
        return 2;
    return byte && strchr(".-:_/", byte);
}

static void add_literal(Reader *reader, int32_t index)
{
    Literal *literal = literal_of(reader, index);
    const uint8_t *text = reader->texts.data + literal->start;
    if (literal->size < 3) {
        literal->next = reader->shorts, reader->shorts = index;
        return;
    }
    int least = INT32_MAX;
    for (int32_t i = 0; i + 2 < literal->size; i++) {
        int is_shared = reader->heads[key_of(text + i)] != NOWHERE;
        int cost = 2 * (commonness(text[i]) + commonness(text[i + 1]) + commonness(text[i + 2])) + is_shared;
        if (cost < least)
            least = cost, literal->place = i;
    }
    uint32_t key = key_of(text + literal->place);
    literal->next = reader->heads[key], reader->heads[key] = index;
    reader->seen[key >> 3] |= (uint8_t)(1 << (key & 7));
}

/* Whether the text contains a literal; if `gated` is given, all are searched for, and the bits of their rules set. */
static int gate(const Reader *reader, const uint8_t *text, int32_t size, uint64_t *gated)
{
    int any = 0;
    for (int32_t i = reader->shorts; i != NOWHERE; i = literal_of(reader, i)->next) {
        const Literal *literal = literal_of(reader, i);
        const Rival sought = {reader->texts.data + literal->start, literal->size, 0};
        if (!contains(text, size, &sought))
            continue;
        any = 1;
        if (gated == NULL)
            return any;
        gated[literal->rule / 64] |= 1ULL << literal->rule % 64;
    }
    for (int32_t at = 0; at + 2 < size; at++) {
        uint32_t key = key_of(text + at);
        if (!(reader->seen[key >> 3] >> (key & 7) & 1))
            continue;
        for (int32_t i = reader->heads[key]; i != NOWHERE; i = literal_of(reader, i)->next) {
            const Literal *literal = literal_of(reader, i);
            int32_t start = at - literal->place;
            if (start < 0 || literal->size > size - start
                || memcmp(text + start, reader->texts.data + literal->start, literal->size) != 0)
                continue;
            any = 1;
            if (gated == NULL)
                return any;
            gated[literal->rule / 64] |= 1ULL << literal->rule % 64;
        }
    }
    return any;
}

typedef struct { int rule; int32_t slots[2 * MOST_GROUPS]; } Taker;

/* The rules that take a line, in order; their number, or UNDECIDED. */
static int takers_of(const Reader *reader, const uint8_t *line, int32_t size, uint64_t *gated, Taker *takers)
{
    int count = 0, is_taken = 0, words = reader->rule_count / 64 + 1;
    if (size > LONGEST_LINE)
        return UNDECIDED;
    memset(gated, 0, words * sizeof *gated);
    gate(reader, line, size, gated);
    for (int rule = 0; rule < reader->rule_count; rule++) {
        if (gated[rule / 64] >> rule % 64 == 0) { /* none of the others in this word */
            rule |= 63;
            continue;
        }
        const Rule *one = &reader->rules[rule];
        if (!(gated[rule / 64] >> rule % 64 & 1) || (one->is_exclusive && is_taken))
            continue;
        if (one->program == NULL || count == MOST_TAKERS)
            return UNDECIDED;
        takers[count].rule = rule;
        int answer = find(one->program, line, size, takers[count].slots);
        if (answer == UNDECIDED)
            return UNDECIDED;
        is_taken |= answer == YES && one->is_exclusive;
        count += answer == YES;
    }
    return count;
}

/* Call `work` for each text of a stream; 1, or 0 where memory ran out, or -1 if the stream cannot be read. */
static int each_text(ArrowStream *stream, int (*work)(void *, const uint8_t *, int32_t, uint32_t), void *state)
{
    for (uint32_t row = 0;;) {
        ArrowArray column;
        int complete = 1;
        if (stream->get_next(stream, &column) != 0)
            return -1;
        if (column.release == NULL) /* the end */
            return 1;
        for (int64_t i = 0; complete && i < column.length; i++, row++) {
            int32_t size;
            const uint8_t *text = text_at(&column, i, &size);
            complete = work(state, text, size, row);
        }
        column.release(&column);
        if (!complete)
            return 0;
    }
}

typedef struct {
    const Reader *reader;
    Table *tables; /* the first is that of undecided texts */
    uint64_t *gated;
    int64_t taken; /* bytes of the texts that rules take: a column of Arrow has at most INT32_MAX */
    Taker takers[MOST_TAKERS];
} Reading;

static int read_text(void *state, const uint8_t *text, int32_t size, uint32_t row)
{
    Reading *reading = state;
    int count = takers_of(reading->reader, text, size, reading->gated, reading->takers);
    if (count > 0)
        reading->taken += size;
    if (count == UNDECIDED || reading->taken > INT32_MAX) {
        reading->tables[0].height++;
        return add_row(&reading->tables[0], row);
    }
    for (int i = 0; i < count; i++) {
        const Taker *taker = &reading->takers[i];
        const Program *program = reading->reader->rules[taker->rule].program;
        Table *table = &reading->tables[1 + taker->rule];
        if (table->texts == NULL && !open_table(table, program->groups))
            return 0;
        if (!add_row(table, row) || !add_groups(table, program, table->height++, 0, text, taker->slots))
            return 0;
    }
    return 1;
}

typedef struct { const Reader *reader; Table rows; } Gating;

static int gate_text(void *state, const uint8_t *text, int32_t size, uint32_t row)
{
    Gating *gating = state;
    if (!gate(gating->reader, text, size, NULL))
        return 1;
    gating->rows.height++;
    return add_row(&gating->rows, row);
}

static void free_reader(Reader *reader)
{
    if (reader == NULL)
        return;
    Py_XDECREF(reader->owner);
    free(reader->rules);
    free(reader->literals.data);
    free(reader->texts.data);
    free(reader->heads);
    free(reader);
}

static void drop_reader(PyObject *capsule) { free_reader(PyCapsule_GetPointer(capsule, READER)); }

/* Add a rule from its tuple; 0 with an exception. */
static int rule_of(Reader *reader, PyObject *given)
{
    PyObject *capsule, *literals;
    Rule *rule = &reader->rules[reader->rule_count];
    if (!PyArg_ParseTuple(given, "OO!p", &capsule, &PyTuple_Type, &literals, &rule->is_exclusive))
        return 0;
    if (capsule != Py_None && (rule->program = PyCapsule_GetPointer(capsule, PROGRAM)) == NULL)
        return 0;
    for (Py_ssize_t i = 0; i < PyTuple_Size(literals); i++) {
        char *text;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(literals, i), &text, &size) < 0)
            return 0;
        if (size == 0 || size > INT32_MAX - reader->texts.size)
            return PyErr_SetString(PyExc_ValueError, "a literal of no length, or too many"), 0;
        Literal literal = {(int32_t)reader->texts.size, (int32_t)size, 0, reader->rule_count, NOWHERE};
        uint8_t *place = extended(&reader->texts, size);
        Literal *made = extended(&reader->literals, sizeof literal);
        if (place == NULL || made == NULL)
            return PyErr_NoMemory(), 0;
        memcpy(place, text, size);
        *made = literal;
    }
    reader->rule_count++;
    return 1;
}

PyDoc_STRVAR(reader_doc,
"reader(rules) -> capsule\n\n"
"What `read` needs. rules: tuples (program or None, texts of which a line of the rule contains one, whether a line is\n"
"taken by the first such rule only).");

static PyObject *make_reader(PyObject *module, PyObject *given)
{
    (void)module;
    if (!PyTuple_Check(given))
        return PyErr_SetString(PyExc_TypeError, "not a tuple"), NULL;
    Reader *made = calloc(1, sizeof *made);
    PyObject *capsule = NULL;
    if (made == NULL)
        return PyErr_NoMemory();
    made->shorts = NOWHERE;
    made->owner = Py_NewRef(given);
    made->rules = calloc(PyTuple_Size(given) + 1, sizeof *made->rules);
    made->heads = malloc((1 << 16) * sizeof *made->heads);
    if (made->rules == NULL || made->heads == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    memset(made->heads, 0xFF, (1 << 16) * sizeof *made->heads); /* NOWHERE */
    for (Py_ssize_t i = 0; i < PyTuple_Size(given); i++)
        if (!rule_of(made, PyTuple_GetItem(given, i)))
            goto done;
    int32_t count = (int32_t)(made->literals.size / (int64_t)sizeof(Literal));
    for (int32_t i = 0; i < count; i++)
        add_literal(made, i);
    capsule = PyCapsule_New(made, READER, drop_reader);
done:
    if (capsule == NULL)
        free_reader(made);
    return capsule;
}

/* The reader and the stream of the arguments; 0 with an exception, or -1 if the stream is not one of string views. */
static int reader_and_stream(PyObject *args, const Reader **reader, ArrowStream **stream)
{
    PyObject *of_reader, *of_stream;
    if (!PyArg_ParseTuple(args, "OO", &of_reader, &of_stream))
        return 0;
    *reader = PyCapsule_GetPointer(of_reader, READER);
    *stream = *reader ? PyCapsule_GetPointer(of_stream, "arrow_array_stream") : NULL;
    return *stream == NULL ? 0 : is_of_texts(*stream) ? 1 : -1;
}

static PyObject *raised(int answer)
{
    if (answer < 0)
        PyErr_SetString(PyExc_RuntimeError, "the column cannot be read");
    return answer < 0 ? NULL : PyErr_NoMemory();
}

PyDoc_STRVAR(read_doc,
"read(reader, arrow_array_stream) -> list of (rule, arrow_schema and arrow_array), or None\n\n"
"The undecided ones of a column of texts (as rule -1), and for each rule that takes a text its texts: row, \"1\",\n"
"\"2\", ... None if the column is not one of string views.");

static PyObject *read_texts(PyObject *module, PyObject *args)
{
    Reading reading = {0};
    ArrowStream *stream;
    PyObject *result = NULL;
    (void)module;
    int answer = reader_and_stream(args, &reading.reader, &stream);
    if (answer != 1)
        return answer ? Py_NewRef(Py_None) : NULL;
    int count = reading.reader->rule_count;
    reading.tables = calloc(1 + count, sizeof *reading.tables);
    reading.gated = calloc(count / 64 + 1, sizeof *reading.gated);
    answer = reading.tables && reading.gated && open_table(&reading.tables[0], 0);
    Py_BEGIN_ALLOW_THREADS
    answer = answer ? each_text(stream, read_text, &reading) : 0;
    Py_END_ALLOW_THREADS
    result = answer == 1 ? PyList_New(0) : raised(answer);
    for (int i = 0; result != NULL && i <= count; i++) {
        if (reading.tables[i].height == 0)
            continue;
        PyObject *pair = arrow_of(&reading.tables[i], 1);
        PyObject *item = pair ? Py_BuildValue("(iN)", i - 1, pair) : NULL;
        if (item == NULL || PyList_Append(result, item) < 0)
            Py_CLEAR(result);
        Py_XDECREF(item);
    }
    for (int i = 0; reading.tables != NULL && i <= count; i++)
        free_table(&reading.tables[i]);
    free(reading.tables);
    free(reading.gated);
    return result;
}

PyDoc_STRVAR(gated_doc,
"gated(reader, arrow_array_stream) -> arrow_schema and arrow_array, or None\n\n"
"The rows of a column of texts that contain a literal of a rule. None if the column is not one of string views.");

static PyObject *gated_texts(PyObject *module, PyObject *args)
{
    Gating gating = {0};
    ArrowStream *stream;
    (void)module;
    int answer = reader_and_stream(args, &gating.reader, &stream);
    if (answer != 1)
        return answer ? Py_NewRef(Py_None) : NULL;
    answer = open_table(&gating.rows, 0);
    Py_BEGIN_ALLOW_THREADS
    answer = answer ? each_text(stream, gate_text, &gating) : 0;
    Py_END_ALLOW_THREADS
    PyObject *result = answer == 1 ? arrow_of(&gating.rows, 1) : raised(answer);
    free_table(&gating.rows);
    return result;
}

static PyMethodDef methods[] = {
    {"program", make_program, METH_VARARGS, program_doc},
    {"spans", spans, METH_VARARGS, spans_doc},
    {"can_contain", can_contain_text, METH_VARARGS, can_contain_doc},
    {"scan", scan_lines, METH_VARARGS, scan_doc},
    {"reader", make_reader, METH_O, reader_doc},
    {"read", read_texts, METH_VARARGS, read_doc},
    {"gated", gated_texts, METH_VARARGS, gated_doc},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot module_slots[] = {{0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_scanner", NULL, 0, methods, module_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__scanner(void)
{
    return PyModuleDef_Init(&definition);
}
