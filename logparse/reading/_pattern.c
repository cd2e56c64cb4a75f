/* Regular expressions as programs of a few instructions, and a backtracking matcher that runs them as `re` does.

   The syntax is what Python and Rust have in common: characters, classes, groups, alternatives, greedy and lazy
   repeats. A pattern with anything else has no program. Neither has one that could repeat an empty text, since engines
   differ in the group that they give for it. The matcher is limited in steps and depth; beyond, it is undecided. */

#include "_scanner.h"

/* Instructions and their operands. Places (`to`) are relative to the instruction, so that code can be moved.

   END | LITERAL start size | SET set least most | SPLIT to: what follows, or if that fails `to` | LAZY to: the other
   way round | JUMP to | SAVE slot | RUN set least most: a SET that never gives back a character */
enum { END, LITERAL, SET, SPLIT, LAZY, JUMP, SAVE, RUN };
static const int WORDS[] = {1, 3, 4, 2, 2, 2, 2, 4};

enum { MOST_BYTES = 1 << 14, MOST_COPIES = 8, MOST_DEPTH = 40, MOST_BEYOND = 8 };
enum { MOST_PENDING = 256, MOST_STEPS = 10000, STEPS_PER_BYTE = 4 };
enum { UNLIMITED = INT32_MAX };

void *extended(Bytes *bytes, int64_t size)
{
    if (bytes->size + size >= bytes->room) {
        int64_t room = 2 * bytes->room + size + 64;
        uint8_t *data = realloc(bytes->data, room);
        if (data == NULL)
            return NULL;
        bytes->data = data, bytes->room = room;
    }
    bytes->size += size;
    return bytes->data + bytes->size - size;
}

static int32_t *code_of(const Program *program, int32_t at) { return (int32_t *)program->code.data + at; }

static int32_t words_of(const Program *program) { return (int32_t)(program->code.size / 4); }

/* -- compiling -- */

typedef struct { const uint8_t *at, *end; Program *program; int depth, failed, no_memory; } Parser;

static int fails(Parser *parser)
{
    parser->failed = 1;
    return 0;
}

static int next_is(const Parser *parser, uint8_t byte) { return parser->at < parser->end && *parser->at == byte; }

static void *more(Parser *parser, Bytes *bytes, int64_t size)
{
    Program *program = parser->program;
    if (program->code.size + program->literals.size + size > MOST_BYTES)
        return parser->failed = 1, NULL;
    void *place = extended(bytes, size);
    if (place == NULL)
        parser->failed = parser->no_memory = 1;
    return place;
}

static void emit(Parser *parser, int count, const int32_t *words)
{
    void *place = parser->failed ? NULL : more(parser, &parser->program->code, 4 * count);
    if (place != NULL)
        memcpy(place, words, 4 * count);
}

static void emit_literal(Parser *parser, const uint8_t *text, int size)
{
    int32_t start = (int32_t)parser->program->literals.size;
    uint8_t *place = more(parser, &parser->program->literals, size);
    if (place != NULL)
        memcpy(place, text, size);
    emit(parser, 3, (int32_t[]){LITERAL, start, size});
}

static void emit_set(Parser *parser, const uint8_t *set)
{
    Bytes *sets = &parser->program->sets;
    int32_t index = 0;
    while (256 * index < sets->size && memcmp(sets->data + 256 * index, set, 256) != 0)
        index++;
    if (256 * index == sets->size) {
        uint8_t *place = extended(sets, 256);
        if (place == NULL)
            parser->failed = parser->no_memory = 1;
        else
            memcpy(place, set, 256);
    }
    emit(parser, 4, (int32_t[]){SET, index, 1, 1});
}

/* Put a SPLIT before the code from `start` on, to what comes after it. */
static void insert_split(Parser *parser, int32_t start)
{
    int32_t size = words_of(parser->program) - start;
    emit(parser, 2, (int32_t[]){0, 0});
    if (parser->failed)
        return;
    int32_t *code = code_of(parser->program, start);
    memmove(code + 2, code, 4 * size);
    code[0] = SPLIT, code[1] = size + 2;
}

/* The bytes of the character that begins with `first`. */
static int bytes_of(const Parser *parser, uint8_t first)
{
    int size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return size <= parser->end - parser->at ? size : (int)(parser->end - parser->at);
}

/* The character after a backslash; -1 if it has another meaning than itself or a blank. */
static int escaped(Parser *parser)
{
    static const char NAMES[] = "tnr", CHARS[] = "\t\n\r";
    if (parser->at >= parser->end)
        return fails(parser), -1;
    uint8_t byte = *parser->at++;
    const char *name = byte ? strchr(NAMES, byte) : NULL;
    if (name != NULL)
        return CHARS[name - NAMES];
    int is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    if (byte >= 0x80 || (byte >= '0' && byte <= '9') || is_letter || byte == '<' || byte == '>')
        return fails(parser), -1; /* \< and \> are the ends of words to Rust */
    return byte;
}

/* One ASCII character of a class; -1 if it is none. */
static int member(Parser *parser)
{
    if (parser->at >= parser->end || *parser->at >= 0x80 || *parser->at == '[')
        return fails(parser), -1;
    uint8_t byte = *parser->at++;
    return byte == '\\' ? escaped(parser) : byte;
}

/* Whether what comes next in a class is an operator on sets to Rust, though two characters to Python. */
static int next_is_operator(const Parser *parser)
{
    return parser->end - parser->at >= 2 && parser->at[0] == parser->at[1] && parser->at[0]
           && strchr("&-~", parser->at[0]) != NULL;
}

/* A class, after its bracket. Returns whether it is one SET: with characters beyond ASCII it is a choice of them. */
static int parse_class(Parser *parser)
{
    uint8_t set[256] = {0};
    const uint8_t *beyond[MOST_BEYOND];
    int sizes[MOST_BEYOND], count = 0, is_negated = next_is(parser, '^');
    parser->at += is_negated;
    if (next_is(parser, ']'))
        return fails(parser);
    while (!parser->failed && !next_is(parser, ']')) {
        int size = parser->at < parser->end ? bytes_of(parser, *parser->at) : 1;
        int low = NOWHERE;
        if (next_is_operator(parser) || (size > 1 && (is_negated || count == MOST_BEYOND)))
            return fails(parser);
        if (size > 1)
            beyond[count] = parser->at, sizes[count++] = size, parser->at += size;
        else
            low = member(parser);
        if (next_is_operator(parser))
            return fails(parser);
        int high = low;
        if (parser->end - parser->at >= 2 && parser->at[0] == '-' && parser->at[1] != ']')
            parser->at++, high = low == NOWHERE ? fails(parser) : member(parser);
        if (!parser->failed && high < low)
            return fails(parser);
        for (int byte = low; !parser->failed && byte >= 0 && byte <= high; byte++)
            set[byte] = 1;
    }
    parser->at++;
    for (int byte = 0; is_negated && byte < 256; byte++)
        set[byte] = byte >= 0x80 || !set[byte];
    for (int i = 0; i < count; i++) {
        emit(parser, 2, (int32_t[]){SPLIT, 7});
        emit_literal(parser, beyond[i], sizes[i]);
        emit(parser, 2, (int32_t[]){JUMP, 7 * (count - i) - 1}); /* over what remains, and the SET */
    }
    emit_set(parser, set);
    return count == 0;
}

typedef struct { int32_t least, most; int is_lazy; } Repeat;

static int32_t number(Parser *parser)
{
    if (parser->at >= parser->end || *parser->at < '0' || *parser->at > '9')
        return fails(parser);
    int32_t value = 0;
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9' && value < 100000)
        value = 10 * value + (*parser->at++ - '0');
    return value;
}

static Repeat parse_repeat(Parser *parser)
{
    Repeat repeat = {1, 1, 0};
    switch (parser->at < parser->end ? *parser->at : 0) {
    case '?':
        repeat.least = 0;
        break;
    case '*':
        repeat = (Repeat){0, UNLIMITED, 0};
        break;
    case '+':
        repeat.most = UNLIMITED;
        break;
    case '{':
        parser->at++;
        repeat.least = repeat.most = number(parser);
        if (next_is(parser, ',')) {
            parser->at++;
            repeat.most = next_is(parser, '}') ? UNLIMITED : number(parser);
        }
        if (!next_is(parser, '}') || repeat.most < repeat.least || repeat.most == 0)
            fails(parser); /* Rust does not count the groups in what is repeated 0 times */
        break;
    default:
        return repeat;
    }
    parser->at++;
    if (next_is(parser, '?'))
        parser->at++, repeat.is_lazy = 1;
    if (parser->at < parser->end && *parser->at && strchr("+*?{", *parser->at)) /* possessive, or repeated twice */
        fails(parser);
    return repeat;
}

/* Repeat the code from `start` on. `width`: 0 if it may take no character. */
static void apply(Parser *parser, Repeat repeat, int32_t start, int is_set, int width)
{
    Program *program = parser->program;
    if (parser->failed)
        return;
    if (is_set && !repeat.is_lazy) {
        code_of(program, start)[2] = repeat.least, code_of(program, start)[3] = repeat.most;
        return;
    }
    int is_limited = repeat.most != UNLIMITED;
    if ((width == 0 && repeat.most > 1) || repeat.least > MOST_COPIES || (is_limited && repeat.most > MOST_COPIES)) {
        fails(parser);
        return;
    }
    int32_t size = words_of(program) - start;
    int32_t *copy = malloc(4 * size + 1);
    if (copy == NULL) {
        parser->failed = parser->no_memory = 1;
        return;
    }
    if (size > 0)
        memcpy(copy, code_of(program, start), 4 * size);
    program->code.size = 4 * start;
    int32_t split = repeat.is_lazy ? LAZY : SPLIT;
    for (int i = 0; i < repeat.least; i++)
        emit(parser, size, copy);
    if (!is_limited) {
        emit(parser, 2, (int32_t[]){split, size + 4});
        emit(parser, size, copy);
        emit(parser, 2, (int32_t[]){JUMP, -(size + 2)});
    }
    for (int i = repeat.least; is_limited && i < repeat.most; i++) {
        emit(parser, 2, (int32_t[]){split, (repeat.most - i) * (size + 2)});
        emit(parser, size, copy);
    }
    free(copy);
}

static int parse_alternatives(Parser *parser);

/* A group, after its parenthesis. Returns 0 if it may take no character. */
static int parse_group(Parser *parser)
{
    int group = NOWHERE;
    if (!next_is(parser, '?'))
        group = parser->program->groups++;
    else if (parser->end - parser->at < 2 || parser->at[1] != ':')
        return fails(parser);
    else
        parser->at += 2;
    if (group >= MOST_GROUPS)
        return fails(parser);
    if (group != NOWHERE)
        emit(parser, 2, (int32_t[]){SAVE, 2 * group});
    int width = parse_alternatives(parser);
    if (!next_is(parser, ')'))
        return fails(parser);
    parser->at++;
    if (group != NOWHERE)
        emit(parser, 2, (int32_t[]){SAVE, 2 * group + 1});
    return width;
}

/* What comes before the next `|` or the end of a group. Returns 0 if it may take no character. */
static int parse_sequence(Parser *parser)
{
    static const uint8_t ANY[] = "^\n]";
    int32_t width = 0, literal = NOWHERE; /* the LITERAL that the next character continues */
    while (!parser->failed && parser->at < parser->end && *parser->at != '|' && *parser->at != ')') {
        int32_t start = words_of(parser->program);
        int one = 1, is_set = 0, size = 0;
        uint8_t text[4], byte = *parser->at;
        if (byte == '(') {
            parser->at++;
            one = parse_group(parser);
        } else if (byte == '[') {
            parser->at++;
            is_set = parse_class(parser);
        } else if (byte == '.') {
            Parser any = {ANY, ANY + 3, parser->program, 0, 0, 0};
            parser->at++;
            is_set = parse_class(&any);
            parser->failed |= any.failed, parser->no_memory |= any.no_memory;
        } else if (byte == '\\') {
            parser->at++;
            text[0] = (uint8_t)escaped(parser), size = 1;
        } else if (byte && strchr("^$*+?{", byte))
            fails(parser);
        else {
            size = bytes_of(parser, byte);
            memcpy(text, parser->at, size);
            parser->at += size;
        }
        Repeat repeat = parse_repeat(parser);
        int is_once = repeat.least == 1 && repeat.most == 1;
        if (size && is_once && literal != NOWHERE) {
            uint8_t *place = parser->failed ? NULL : more(parser, &parser->program->literals, size);
            if (place != NULL)
                memcpy(place, text, size), code_of(parser->program, literal)[2] += size;
        } else if (size == 1 && text[0] < 0x80 && !is_once) {
            uint8_t set[256] = {0};
            set[text[0]] = 1;
            emit_set(parser, set);
            is_set = 1;
        } else if (size)
            emit_literal(parser, text, size);
        if (!size || !is_once)
            literal = NOWHERE;
        else if (literal == NOWHERE)
            literal = start;
        if (!is_once)
            apply(parser, repeat, start, is_set, one);
        width += one && repeat.least;
    }
    return width;
}

static int parse_alternatives(Parser *parser)
{
    int32_t start = words_of(parser->program), ends = NOWHERE;
    if (++parser->depth > MOST_DEPTH)
        return fails(parser);
    int width = parse_sequence(parser);
    while (!parser->failed && next_is(parser, '|')) {
        parser->at++;
        emit(parser, 2, (int32_t[]){JUMP, ends}); /* the places of these jumps are a list until the end is known */
        insert_split(parser, start);
        ends = words_of(parser->program) - 2;
        start = words_of(parser->program);
        int other = parse_sequence(parser);
        width = other < width ? other : width;
    }
    while (!parser->failed && ends != NOWHERE) {
        int32_t *jump = code_of(parser->program, ends), previous = jump[1];
        jump[1] = words_of(parser->program) - ends;
        ends = previous;
    }
    parser->depth--;
    return width;
}

/* Add a set to another, and whether two have an element in common: eight bytes at a time, since there are many sets. */
static void unite(uint8_t *bytes, const uint8_t *set)
{
    for (int i = 0; i < 256; i += 8) {
        uint64_t a, b;
        memcpy(&a, bytes + i, 8);
        memcpy(&b, set + i, 8);
        a |= b;
        memcpy(bytes + i, &a, 8);
    }
}

static int overlap(const uint8_t *bytes, const uint8_t *set)
{
    uint64_t common = 0;
    for (int i = 0; i < 256; i += 8) {
        uint64_t a, b;
        memcpy(&a, bytes + i, 8);
        memcpy(&b, set + i, 8);
        common |= a & b;
    }
    return common != 0;
}

/* Call `visit` for each instruction that takes a byte, or is the end, and that follows from `pc` without a byte. `seen`: a
   byte for each word, 1 where the walk was before. */
static void each_next(const Program *program, int32_t pc, uint8_t *seen, void (*visit)(void *, const Program *, int32_t),
                      void *state)
{
    while (!seen[pc]) {
        const int32_t *code = code_of(program, pc);
        seen[pc] = 1;
        switch (code[0]) {
        case END:
        case LITERAL:
            visit(state, program, pc);
            return;
        case SET:
        case RUN:
            visit(state, program, pc);
            if (code[2] > 0)
                return;
            pc += 4;
            break;
        case SPLIT:
        case LAZY:
            each_next(program, pc + 2, seen, visit, state);
            pc += code[1];
            break;
        case JUMP:
            pc += code[1];
            break;
        default: /* SAVE */
            pc += 2;
        }
    }
}

/* Add the bytes that an instruction can take; 256: it is the end. */
static void add_bytes(void *bytes, const Program *program, int32_t pc)
{
    const int32_t *code = code_of(program, pc);
    if (code[0] == END)
        ((uint8_t *)bytes)[256] = 1;
    else if (code[0] == LITERAL)
        ((uint8_t *)bytes)[program->literals.data[code[1]]] = 1;
    else
        unite(bytes, program->sets.data + 256 * code[1]);
}

/* Mark the sets that need not give back a character, since what follows begins with none of theirs. */
static int mark_runs(Program *program)
{
    int32_t words = words_of(program);
    uint8_t bytes[257] = {0}, *seen = calloc(words, 1);
    if (seen == NULL)
        return 0;
    each_next(program, 0, seen, add_bytes, program->first);
    for (int32_t pc = 0; pc < words; pc += WORDS[code_of(program, pc)[0]]) {
        int32_t *code = code_of(program, pc);
        if (code[0] != SET)
            continue;
        memset(bytes, 0, sizeof bytes);
        memset(seen, 0, words);
        each_next(program, pc + 4, seen, add_bytes, bytes);
        if (!overlap(bytes, program->sets.data + 256 * code[1]))
            code[0] = RUN;
    }
    free(seen);
    return 1;
}

void free_program(Program *program)
{
    if (program == NULL)
        return;
    free(program->code.data);
    free(program->literals.data);
    free(program->sets.data);
    free(program);
}

Program *compile_pattern(const uint8_t *pattern, int64_t size, int is_anchored, int *no_memory)
{
    Program *program = calloc(1, sizeof *program);
    Parser parser = {pattern, pattern + size, program, 0, program == NULL, program == NULL};
    if (program != NULL) {
        program->is_anchored = is_anchored;
        parse_alternatives(&parser);
        if (parser.at < parser.end)
            fails(&parser);
        emit(&parser, 1, (int32_t[]){END});
        if (!parser.failed && !mark_runs(program))
            parser.failed = parser.no_memory = 1;
    }
    *no_memory = parser.no_memory;
    if (!parser.failed)
        return program;
    free_program(program);
    return NULL;
}

/* -- matching -- */

/* What is tried if the rest fails. code < 0: the slot ~code was at `at` before; else go on there at `at`, and after
   that at each character before it down to `least`. */
typedef struct { int32_t code, at, least; } Pending;

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

/* `steps`: how many are left. */
static int matches_at(const Program *program, const uint8_t *line, int32_t size, int32_t at, int32_t *slots, int *steps)
{
    Pending pending[MOST_PENDING];
    int depth = 0;
    int32_t pc = 0;
    for (;;) {
        const int32_t *code = code_of(program, pc);
        int is_wrong = 0;
        if (--*steps < 0 || depth > MOST_PENDING - 2)
            return UNDECIDED;
        switch (code[0]) {
        case END:
            if (at == size || !program->is_anchored)
                return YES;
            is_wrong = 1;
            break;
        case LITERAL:
            if (size - at < code[2] || memcmp(line + at, program->literals.data + code[1], code[2]) != 0)
                is_wrong = 1;
            else
                at += code[2], pc += 3;
            break;
        case SET:
        case RUN: {
            const uint8_t *set = program->sets.data + 256 * code[1];
            int32_t start = at, least_at = at, count = 0;
            while (count < code[3] && at < size && set[line[at]]) {
                if (line[at++] >= 0x80)
                    while (at < size && is_within(line[at]))
                        at++;
                if (++count == code[2])
                    least_at = at;
            }
            *steps -= (at - start) / 16;
            if (count < code[2])
                is_wrong = 1;
            else {
                pc += 4;
                if (code[0] == SET && at > least_at)
                    pending[depth++] = (Pending){pc, before(line, at, least_at), least_at};
            }
            break;
        }
        case SPLIT:
            pending[depth++] = (Pending){pc + code[1], at, at};
            pc += 2;
            break;
        case LAZY:
            pending[depth++] = (Pending){pc + 2, at, at};
            pc += code[1];
            break;
        case JUMP:
            pc += code[1];
            break;
        default: /* SAVE */
            if (depth > 0) /* else nothing will be tried again */
                pending[depth++] = (Pending){~code[1], slots[code[1]], 0};
            slots[code[1]] = at;
            pc += 2;
        }
        while (is_wrong) {
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
            is_wrong = 0;
        }
    }
}

int find(const Program *program, const uint8_t *line, int32_t size, int32_t *slots)
{
    int32_t last = program->is_anchored ? 0 : size;
    int steps = MOST_STEPS + STEPS_PER_BYTE * size;
    for (int32_t start = 0; start <= last; start++) {
        if (!program->first[256] && (start == size || !program->first[line[start]]))
            continue;
        if (start > 0 && start < size && is_within(line[start]))
            continue;
        for (int i = 0; i < 2 * program->groups; i++)
            slots[i] = NOWHERE;
        int answer = matches_at(program, line, size, start, slots, &steps);
        if (answer != NO)
            return answer;
    }
    return NO;
}

/* -- texts that a pattern can contain -- */

/* The states of a program: before each byte of a LITERAL, and one at each other instruction. */
typedef struct { const int32_t *places; uint8_t *marks; } States; /* places: the first state of each instruction */

static void mark_state(void *states, const Program *program, int32_t pc)
{
    States *all = states;
    (void)program;
    all->marks[all->places[pc]] = 1;
}

int can_contain(const Program *program, const uint8_t *text, int64_t size)
{
    int32_t words = words_of(program), count = 0;
    int32_t *places = calloc(words, sizeof *places); /* the first state of each instruction */
    for (int32_t pc = 0; places != NULL && pc < words; pc += WORDS[code_of(program, pc)[0]]) {
        const int32_t *code = code_of(program, pc);
        places[pc] = count;
        count += code[0] == LITERAL ? code[2] : 1;
    }
    uint8_t *now = malloc(count + 1), *next = malloc(count + 1), *seen = malloc(words);
    int answer = places && now && next && seen ? 1 : -1;
    if (answer == 1)
        memset(now, 1, count);
    for (int64_t i = 0; answer == 1 && i < size; i++) {
        memset(next, 0, count);
        memset(seen, 0, words);
        States after = {places, next};
        for (int32_t pc = 0; pc < words; pc += WORDS[code_of(program, pc)[0]]) {
            const int32_t *code = code_of(program, pc);
            if (code[0] == LITERAL) {
                const uint8_t *literal = program->literals.data + code[1];
                for (int32_t k = 0; k < code[2]; k++)
                    if (now[places[pc] + k] && literal[k] == text[i]) {
                        if (k + 1 < code[2])
                            next[places[pc] + k + 1] = 1;
                        else
                            each_next(program, pc + 3, seen, mark_state, &after);
                    }
            } else if ((code[0] == SET || code[0] == RUN) && now[places[pc]]
                       && program->sets.data[256 * code[1] + text[i]]) {
                next[places[pc]] = 1;
                each_next(program, pc + 4, seen, mark_state, &after);
            }
        }
        uint8_t *other = now;
        now = next, next = other;
        answer = memchr(now, 1, count) != NULL;
    }
    free(places);
    free(now);
    free(next);
    free(seen);
    return answer;
}
