"""A draft of a grammar: one rule for each shape of the lines that no rule reads and that hold figures.

A line becomes a sequence of pieces: its fixed text, and the parts that vary (timestamps, numbers, paths, ids). Each
piece has the code that is written to the draft, and the pyparsing element that this code stands for. So each rule is
tried on its own example before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
import pyparsing as pp

from logparse.errors import GrammarError
from logparse.grammar import Grammar, Rule, tokens, unnamed
from logparse.grammar.units import base_unit
from logparse.pages.explain import Explained
from logparse.reading.match import cut
from logparse.schema import INTEGER, NUMBER, RUNS, TODO, VOCABULARY
from logparse.text.terminal import one_line

MOST = 60
"""Rules in a draft; further shapes are only counted."""
_EXAMPLES = 12
"""Lines of one shape from which its rule is made."""
_LONGEST = 1000
"""Characters of a line up to which a rule is drafted for it."""


@dataclass(frozen=True)
class Draft:
    """A drafted grammar: its file as text, and what became of the unread lines that hold figures."""

    text: str
    rules: tuple[Rule, ...]
    lines: int
    """Unread lines that hold figures."""
    read: int
    """Those of them whose shape has a rule."""
    shapes: int
    """Their shapes."""
    failed: tuple[str, ...]
    """Examples of shapes for which no rule could be made."""


def draft(explained: Sequence[Explained], known: Sequence[Grammar], name: str) -> Draft:
    """A draft for all unread lines of these sources.

    Args:
        explained: the sources, as `explain` gives them.
        known: the grammars that they were explained with.
        name: name of the grammar; characters that a name cannot have are replaced.

    The draft extends the platforms of the sources; if there is none, it is a grammar of a new platform.
    """
    platforms = tuple(dict.fromkeys(p for one in explained for p in one.platforms))
    grammars = {g.name: g for g in known}
    shared = [rule for g in known if g.shared for rule in g.rules]
    groups = _groups(explained, grammars, [] if platforms else shared)
    rules: list[_Drafted] = []
    failed: list[str] = []
    names: set[str] = {rule.name for p in platforms for rule in grammars[p].rules} | {rule.name for rule in shared}
    for group in groups[:MOST]:
        reads = next((i for i, d in enumerate(rules) if d.rule.read(group.example) is not None), None)
        if reads is not None:
            rules[reads] = replace(rules[reads], count=rules[reads].count + group.count)
        elif (drafted := _drafted(group, names)) is not None:
            rules.append(drafted)
            names.add(drafted.rule.name)
        else:
            failed.append(group.example)
    name = _identifier(name, {g.name for g in known})
    counted = sum(group.count for group in groups), sum(d.count for d in rules)
    text = _file(name, platforms, rules, [one.source.name for one in explained], len(groups), *counted)
    return Draft(text, tuple(d.rule for d in rules), *counted, len(groups), tuple(failed))


def _identifier(name: str, taken: Iterable[str]) -> str:
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "own"
    word = word if word[0].isalpha() else f"log_{word}"
    return f"{word}_own" if word in taken else word


# ---- lines by shape ---- #


@dataclass
class _Group:
    """The lines of one shape: how many there are, and the parts of some of them."""

    count: int = 0
    lines: list[list[_Part]] = field(default_factory=list)

    @property
    def example(self) -> str:
        return "".join(part.text for part in self.lines[0])


def _groups(explained: Sequence[Explained], grammars: Mapping[str, Grammar], shared: Sequence[Rule]) -> list[_Group]:
    """The unread lines that hold figures, by shape, the most frequent first."""
    groups: dict[tuple[str, ...], _Group] = {}
    for one in explained:
        unread = one.lines.filter(pl.col("kind") == "unread").select((pl.col("line") - 1).alias("row"), "text")
        splitter = grammars[one.platforms[0]] if one.platforms else next(g for g in grammars.values() if g.shared)
        segments = cut(unread, splitter)["seg"]
        segments = segments.filter(segments.str.contains("[0-9]") & (segments.str.len_chars() <= _LONGEST))
        shapes = segments.to_frame().with_columns(
            pl.col("seg").str.replace_all(r"[0-9]+(?:\.[0-9]+)?", "0").str.replace_all(r"[ \t]+", " ").alias("shape")
        )
        counted = shapes.group_by("shape", maintain_order=True).agg(
            pl.len().alias("count"), pl.col("seg").unique(maintain_order=True).head(_EXAMPLES)
        )
        for _, count, texts in counted.iter_rows():
            for place, text in enumerate(texts):
                if _is_private(text) or any(_reads(rule, text) for rule in shared):
                    break
                parts = list(_parts(text))
                # Numbers without a word are a part of a table or an array.
                if not any(p.kind in _FIGURES for p in parts) or not any(
                    _WORD.search(p.text) for p in parts if p.kind == "text"
                ):
                    break
                group = groups.setdefault(tuple(part.signature for part in parts), _Group())
                group.count += count if place == 0 else 0
                if len(group.lines) < _EXAMPLES:
                    group.lines.append(parts)
    return sorted((g for g in groups.values() if g.count), key=lambda g: -g.count)


def _reads(rule: Rule, text: str) -> bool:
    return any(literal in text for literal in rule.compiled.literals) and rule.read(text) is not None


_PRIVATE = re.compile(
    r"(?:export )?[A-Z_][A-Z0-9_]*=(?![-+0-9.]+$)"
    r"|(?i:.*\b\w*(?:password|secret|api_?key|token)[\"']?[=:]\s*[\"']?(?![-+0-9.,]+\b))"
)
"""A line of an environment dump, or with a key: it may hold a secret, which a draft must not copy."""


def _is_private(text: str) -> bool:
    return _PRIVATE.match(text) is not None


# ---- the parts of a line ---- #


@dataclass(frozen=True)
class _Part:
    """A part of a line: fixed text (`text`), white space (`blank`), or what varies."""

    kind: str
    text: str

    @property
    def signature(self) -> str:
        """Equal in all lines of a shape."""
        return self.text if self.kind == "text" else f"\0{self.kind}"


_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?)"
_UNIT_AFTER = r"(?:ms|us|µs|ns|s|secs?|min|h|hrs?|[kKMG]i?B|B|W|x|it|%)"
_KINDS = {
    "timestamp": r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?![0-9:])",
    "date": (
        r"(?<![0-9A-Za-z_.])[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{2,4}"
        r"(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?)?(?![0-9A-Za-z_])"
    ),
    "bar": r"(?<=\|)[ ▏▎▍▌▋▊▉█#]+(?=\|)",
    "position": (
        r"(?<![A-Za-z0-9_])[A-Za-z0-9_./-]*[A-Za-z_][A-Za-z0-9_]*"
        r"\.(?:py|cc|cpp|c|h|hpp|cu|rs|go|java):[0-9]+(?![0-9.])"
    ),
    "path": (
        r"(?<![A-Za-z0-9_.])"
        r"(?:[A-Za-z]+://[^ \t,;'\"()<>\[\]{}|=]+|[A-Za-z0-9_.~+@-]*(?:/[A-Za-z0-9_.+@=-]+){2,}/?)"
    ),
    "id": (
        r"\b(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
        r"|(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,})\b"
    ),
    "version": r"(?<![A-Za-z0-9_.])v?[0-9]+\.[0-9]+\.[0-9][A-Za-z0-9.+_-]*",
    "clock": r"(?<![A-Za-z0-9_.:])[0-9]+(?::[0-9]{2}){1,2}(?:\.[0-9]+)?(?![0-9A-Za-z_:])",
    "count": r"(?<![A-Za-z0-9_.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9A-Za-z_,])",
    "number": (
        rf"(?<![A-Za-z0-9_.]){_NUMBER}(?=(?:{_UNIT_AFTER})?(?:/[A-Za-z]|(?![A-Za-z0-9_])))"
        r"|(?<=[=:] )(?:nan|inf)(?![A-Za-z0-9_])|(?<=[=:])(?:nan|inf)(?![A-Za-z0-9_])"
    ),
    "blank": r"[ \t]+",
}
"""Kind of a part -> its form. The first that matches at a place counts."""
_PART = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS.items()))
_FIGURES = ("clock", "count", "number")
"""Kinds that are figures."""
_WORD = re.compile("[A-Za-z]{2}")
_MOST_FIGURES = 24
"""Figures of a line that are captured; the rest of the line is not."""


def _parts(text: str) -> Iterator[_Part]:
    """The parts of a line, which together are the line."""
    at = 0
    for found in _PART.finditer(text):
        kind, part = str(found.lastgroup), found.group()
        if kind == "path" and not re.search("[0-9]", part):
            continue  # a path that is the same in each line is fixed text
        if found.start() > at:
            yield _Part("text", text[at : found.start()])
        yield _Part(kind, part)
        at = found.end()
    if at < len(text):
        yield _Part("text", text[at:])


# ---- the words beside a number ---- #

_NAMES = {
    "loss": "loss training_loss total_loss loss_value cost",
    "average_loss": "avg_loss average_loss mean_loss loss_avg",
    "mlm_loss": "mlm_loss",
    "nsp_loss": "nsp_loss",
    "learning_rate": "lr learning_rate learningrate",
    "step": "step global_step iter iteration it",
    "steps": "steps num_steps total_steps optimization_steps max_steps",
    "epoch": "epoch ep",
    "epochs": "epochs num_epochs total_epochs max_epochs",
    "accuracy": "acc accuracy top1 top_1 acc1 top1_accuracy top_1_accuracy",
    "top_5_accuracy": "top5 top_5 acc5 top5_accuracy top_5_accuracy",
    "throughput": "throughput samples_per_second samples_per_sec images_per_second images_per_sec ips fps",
    "token_throughput": "tokens_per_second tokens_per_sec tps",
    "iteration_rate": "steps_per_second steps_per_sec iterations_per_second",
    "step_time": "step_time iter_time time_per_step time_per_iteration time_per_iter",
    "latency": "latency avg_latency mean_latency average_latency",
    "time_to_first_token": "ttft time_to_first_token",
    "time_per_token": "tpot time_per_token time_per_output_token",
    "duration": "took runtime elapsed elapsed_time duration time total_time finished_in done_in",
    "batch_size": "batch_size global_batch_size bs total_batch_size",
    "micro_batch_size": "micro_batch_size micro_batch per_device_batch_size batch_size_per_device mbs",
    "gradient_accumulation": "gradient_accumulation gradient_accumulation_steps grad_acc accumulation_steps",
    "sequence_length": "sequence_length seq_len seq_length max_seq_length seqlen",
    "devices": "devices chips gpus hpus ipus rdus num_devices accelerators cards n_gpu n_hpu",
    "ranks": "ranks world_size replicas num_replicas",
    "rank": "rank local_rank replica",
    "parameters": "parameters params num_parameters trainable_parameters",
    "samples": "samples images sequences",
    "tokens": "tokens num_tokens total_tokens",
    "memory": "memory host_memory max_rss peak_memory",
    "on_chip_memory": "device_memory max_memory_allocated max_memory_reserved peak_device_memory",
    "power": "power power_draw",
    "perplexity": "perplexity ppl",
    "f1": "f1 f1_score",
    "job_id": "job job_id jobid",
    "exit_code": "exit_code exit_status return_code",
    "mean_squared_error": "mse mean_squared_error",
    "mean_absolute_error": "mae mean_absolute_error",
    **{word: word for word in ("seed", "recall", "exact_match", "roc_auc", "wer", "mean_iou", "cycles")},
}
"""Field -> words beside a number, joined by _, that mean it."""
_WORDS = {word: name for name, words in _NAMES.items() for word in words.split()}
_MOST_WORDS = 4
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("eval", "evaluation", "val", "valid", "validation"), "eval"),
    "test": "test",
}
"""Word -> split."""
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "µs", "usec", "usecs", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **{word: word for word in ("ns", "MB", "GB", "KiB", "MiB", "GiB", "kB", "%", "W")},
    **{"KB": "kB", "mb": "MB", "gb": "GB", "percent": "%", "B": "bytes", "bytes": "bytes", "watts": "W"},
}
"""Word beside a number -> unit."""
_IN_NAME = ("ms", "us", "sec", "secs", "seconds", "mb", "gb")
"""Units that end a name: `latency_ms`."""
_COUNTED = {
    **dict.fromkeys(
        ("sample", "image", "img", "example", "sequence", "seq", "inference", "query", "sentence"), "throughput"
    ),
    **dict.fromkeys(("token", "tok"), "token_throughput"),
    **dict.fromkeys(("it", "iter", "iteration", "step", "batch"), "iteration_rate"),
}
"""What is counted per second -> field."""
_TOTALS = {"step": "steps", "epoch": "epochs", "rank": "ranks", "loop": "loops", "done": "total"}
"""Name of a number -> name of the number after it and a slash."""
_CLAUSE = re.compile(r"[,;|{}\[\]]|(?<=[a-z])\. ")
"""Separates what is said of one number from what is said of the next."""


@dataclass(frozen=True)
class _Beside:
    """What stands beside a number: a name that its unit gives, the words before and after it, its unit, its split."""

    rate: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    unit: str | None
    split: str | None

    @property
    def name(self) -> str | None:
        """The field that the words mean; the more words, the surer."""
        if self.rate:
            return self.rate
        phrases = [self.before[-n:] for n in range(min(_MOST_WORDS, len(self.before)), 0, -1)]
        # `12 epochs`, but not the words after `12 ms`.
        phrases += [] if self.unit else [self.after[:2], self.after[:1]]
        return next((_WORDS[key] for words in phrases if (key := "_".join(words)) in _WORDS), None)

    @property
    def todo(self) -> str:
        """A name made of the words, to be replaced."""
        words = [word for word in self.before if len(word) > 1][-2:] or self.after[:1]
        return TODO + ("_".join(words) or "number")


def _beside(before: str, after: str, is_key: bool = False) -> _Beside:
    """What the fixed texts on both sides of a number say about it. `is_key`: what follows names the next number."""
    after = _CLAUSE.split(after)[0]
    unit = None
    if found := re.search(r"[(\[](%|[A-Za-zµ]+)[)\]][\"']?\s*[=:]*\s*[\"']?$", before):
        unit = _UNITS.get(found[1])
        before = before[: found.start()]
    before = _CLAUSE.split(re.sub(r"\([^()]*\)", " ", before))[-1]
    # The unit of the number before this one.
    if (found := re.match(r" ?(%|[A-Za-zµ]+)(/[a-z]+)? (?=.*[A-Za-z])", before)) and (found[2] or found[1] in _UNITS):
        before = before[found.end() :]
    rate = None
    if found := re.match(r" ?([A-Za-zµ]+) ?(?:/|per )([A-Za-z]+)", after):
        rate, unit = _rate(found[1], found[2].lower())
    elif found := re.match(r" ?(%|[A-Za-zµ]+)(?![A-Za-z0-9_/])", after):
        unit = _UNITS.get(found[1], unit)
    words = re.findall("[a-z]+[0-9]*", re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", before).lower())
    if unit is None and len(words) > 1 and words[-1] in _IN_NAME and words[-2] != "per":
        unit = _UNITS[words.pop()]
    split = next((_SPLITS[word] for word in words if word in _SPLITS), None)
    # `train_loss` is the loss; what is trained or evaluated is the split.
    bare = [word for word in words if word not in _SPLITS] or words
    following = () if is_key else tuple(re.findall("[a-z]+", after.lower()))
    return _Beside(rate, tuple(bare), following, unit, split)


def _rate(counted: str, per: str) -> tuple[str | None, str | None]:
    """Field and unit of a number before `images/s` or `ms/step`."""
    singular = {"queries": "query", "batches": "batch"}.get(counted.lower(), counted.lower().removesuffix("s"))
    if per in ("s", "sec", "second"):
        return _COUNTED.get(singular), None
    if _UNITS.get(counted) in ("s", "ms", "us"):
        return {"token": "time_per_token", "tok": "time_per_token"}.get(per, "step_time"), _UNITS[counted]
    return None, None


# ---- from a group to a rule ---- #


@dataclass(frozen=True)
class _Piece:
    """A piece of an expression: its code, and what this code stands for."""

    code: str
    element: pp.ParserElement | str


@dataclass(frozen=True)
class _Drafted:
    """A rule, its expression as code, and how many lines have its shape."""

    rule: Rule
    pieces: tuple[_Piece, ...]
    count: int


def _drafted(group: _Group, names: set[str]) -> _Drafted | None:
    """The rule of a group of lines; None where there is none that reads its example."""
    for plain in (False, True):
        pieces, split = _pieces(group, plain)
        if not any(isinstance(piece.element, str) for piece in pieces):
            return None
        name = _rule_name(group, names)
        try:
            expr = pp.And([pp.Literal(p.element) if isinstance(p.element, str) else p.element for p in pieces])
            rule = Rule(name, group.example, expr, split=split)
        except GrammarError:
            continue
        return _Drafted(rule, tuple(pieces), group.count)
    return None


def _rule_name(group: _Group, taken: set[str]) -> str:
    words = [
        w.lower() for part in group.lines[0] if part.kind == "text" for w in re.findall(r"[A-Za-z]{2,}", part.text)
    ]
    name = "_".join(dict.fromkeys(words[:3])) or "line"
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)


def _pieces(group: _Group, plain: bool) -> tuple[list[_Piece], str | None]:
    """The expression for the lines of a group, and their split. With `plain`, only numbers vary."""
    parts = group.lines[0]
    pieces: list[_Piece] = []
    taken: dict[str, str] = {}
    split: str | None = None
    figures = 0
    for i, part in enumerate(parts):
        texts = [line[i].text for line in group.lines]
        figures += part.kind in _FIGURES
        if figures > _MOST_FIGURES:
            pieces.append(_Piece("rest", unnamed(tokens.rest)))
            break
        if part.kind in _FIGURES:
            before, after = _around(parts, i)
            is_last = all(other.kind in ("text", "blank") for other in parts[i + 1 :])
            is_key = not is_last and re.fullmatch(r" *[A-Za-z_]+ *[=:]? *", after) is not None
            beside = _beside(before, after, is_key)
            previous = list(taken)[-1] if taken and before.strip() == "/" else ""
            sure = _TOTALS.get(previous) or _by_place(part.kind, before, after, i == 0)
            if sure == "":
                pieces.append(_Piece("unnamed(integer)", unnamed(tokens.integer)))
                continue
            piece, name = _figure(part.kind, texts, beside, taken, sure, split)
            if name and name in VOCABULARY and VOCABULARY[name].metric and name != "learning_rate":
                split = split or beside.split or ("train" if {"step", "epoch"} & {*taken, name} else None)
            if name:
                taken[name] = part.text
            pieces.append(piece)
        elif part.kind == "text" or (plain and part.kind not in ("timestamp", "blank")):
            pieces.append(_Piece(_quoted(part.text), part.text))
        elif part.kind == "blank":
            fixed = all(text == " " for text in texts)
            pieces.append(_Piece('" "', " ") if fixed else _Piece("blanks", unnamed(tokens.blanks)))
        elif part.kind == "timestamp":
            pieces.append(_timestamp(texts, "at" not in taken))
            taken["at"] = part.text
        else:
            pieces.append(_other(part.kind, texts, parts[i + 1].text if i + 1 < len(parts) else ""))
    return _joined(pieces), split or _split_of(taken, parts)


def _split_of(names: Mapping[str, str], parts: Sequence[_Part]) -> str | None:
    """The split of metrics beside which no word names one."""
    if not any(name in VOCABULARY and VOCABULARY[name].metric for name in names):
        return None
    words = re.findall("[a-z]+", " ".join(p.text for p in parts if p.kind == "text").lower())
    return next((_SPLITS[word] for word in words if word in _SPLITS), "train" if "loss" in names else None)


def _around(parts: Sequence[_Part], i: int) -> tuple[str, str]:
    """The text before and after a number, up to the parts that vary."""

    def taken(several: Iterable[_Part]) -> list[str]:
        out = []
        for part in several:
            if part.kind not in ("text", "blank"):
                break
            out.append(part.text)
        return out

    return "".join(reversed(taken(reversed(parts[:i])))), "".join(taken(parts[i + 1 :]))


def _by_place(kind: str, before: str, after: str, is_first: bool) -> str | None:
    """The name of a number of a progress bar, or of a time at the start of a line; "" for one of no interest."""
    if kind == "clock":
        is_time_of_day = is_first or before in ("[", "(")
        return (
            "elapsed"
            if after[:1] == "<"
            else "remaining"
            if before[-1:] == "<"
            else "time_of_day"
            if is_time_of_day
            else None
        )
    if after.startswith("%|"):
        return ""
    return "done" if before.endswith("| ") and after.startswith("/") else None


def _figure(
    kind: str, texts: Sequence[str], beside: _Beside, taken: Mapping[str, str], sure: str | None, split: str | None
) -> tuple[_Piece, str | None]:
    """The token of a number, and its name."""
    name = sure or beside.name
    if name is not None and (name in taken or not _fits(name, kind, texts, beside.unit)):
        name = None
    if name and VOCABULARY[name].metric and split and beside.split and split != beside.split:
        name = None  # the loss of another split than that of the line
    if name is None:
        word = beside.todo
        name = next(n for n in (word, *(f"{word}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)
    code, element = _number(name, kind, texts, beside.unit)
    return _Piece(f'{code}("{name}")', element(name)), name


def _fits(name: str, kind: str, texts: Sequence[str], unit: str | None) -> bool:
    """Whether a number of this form and unit can be a value of the field."""
    f = VOCABULARY[name]
    if f.dtype == INTEGER and (kind == "clock" or any(re.search("[.eE]|nan|inf", text) for text in texts)):
        return False
    if unit == "%" and f.unit != "fraction":
        return False
    base = unit if unit in ("bytes", "W") else "s" if kind == "clock" else base_unit(unit)
    if base in ("s", "bytes", "W") and (f.unit or "") != base:
        return f.dtype not in (NUMBER, INTEGER)
    return not (f.unit in ("bytes", "W") and base is None)


def _number(name: str, kind: str, texts: Sequence[str], unit: str | None) -> tuple[str, pp.ParserElement]:
    if kind == "clock":
        return "clock", tokens.clock
    f = VOCABULARY.get(name)
    is_share = f is not None and f.unit == "fraction"
    if unit == "%" or (is_share and any(_is_large(text) for text in texts)):
        return "percent", tokens.percent
    if kind == "count":
        return "count", tokens.count
    if unit is not None and unit not in ("s", "bytes", "W"):
        return f'in_unit(real, "{unit}")', tokens.in_unit(tokens.real, unit)
    whole = f.dtype == INTEGER if f is not None and f.dtype in (NUMBER, INTEGER) else all(map(_is_whole, texts))
    return ("integer", tokens.integer) if whole else ("real", tokens.real)


def _is_whole(text: str) -> bool:
    return re.fullmatch("[-+]?[0-9]+", text) is not None


def _is_large(text: str) -> bool:
    return text.replace(".", "").isdigit() and float(text) > 1


def _timestamp(texts: Sequence[str], named: bool) -> _Piece:
    """The token of a timestamp; the first of a line is `at`."""
    known = {"timestamp": tokens.timestamp, "timestamp_seconds": tokens.timestamp_seconds}
    code = next((c for c, token in known.items() if all(re.fullmatch(token.pattern, text) for text in texts)), "")  # type: ignore[attr-defined]
    if code:
        element = known[code]
    else:
        found = re.fullmatch(r"[0-9]{4}(.)[0-9]{2}.[0-9]{2}(.)[0-9:]{8}(?:([.,])([0-9]+))?", texts[0])
        assert found is not None
        day, between, point, digits = found.groups()
        form = f"[0-9]{{4}}{day}[0-9]{{2}}{day}[0-9]{{2}}{between}[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}"
        date = f"%Y{day}%m{day}%d{between}%H:%M:%S"
        if point is not None:
            form += f"[.,][0-9]{{{len(digits)}}}" if point == "," else f"\\.[0-9]{{{len(digits)}}}"
            date += f",%{len(digits)}f" if point == "," else "%.f"
        code, element = f'in_unit(pp.Regex(r"{form}"), "{date}")', tokens.in_unit(pp.Regex(form), date)
    return _Piece(f'{code}("at")', element("at")) if named else _Piece(f"unnamed({code})", unnamed(element))


_FORMS = {
    "date": r"[0-9]+[-/][0-9]+[-/][0-9]+(?:[T ][0-9:]+(?:[.,][0-9]+)?)?",
    "bar": r"[^|]*",
    "id": r"[0-9a-fA-Fx-]+",
    "version": r"v?[0-9][A-Za-z0-9.+_-]*",
    "path": r"[^ \t,;'\x22()<>\[\]{}|=]+",
}


def _other(kind: str, texts: Sequence[str], after: str) -> _Piece:
    """What varies and is no figure; what is the same in several lines is fixed text."""
    if kind == "position":
        place = re.sub(":[0-9]+$", "", texts[0])
        form = re.sub(r"[^A-Za-z0-9_ /]", lambda m: "\\" + m[0], place) + ":[0-9]+"
        return _Piece(f'pp.Regex(r"{form}")', pp.Regex(form))
    form = _FORMS[kind]
    if (len(set(texts)) == 1 and len(texts) > 1) or (after and re.fullmatch(form, after[0])):
        return _Piece(_quoted(texts[0]), texts[0])
    return _Piece(f'pp.Regex(r"{form}")', pp.Regex(form))


def _quoted(text: str) -> str:
    """A string as code, in double quotes unless it contains some."""
    code = repr(text)
    return code if '"' in text or code[0] == '"' else f'"{code[1:-1]}"'


def _joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces of fixed text that follow each other become one."""
    out: list[_Piece] = []
    for piece in pieces:
        if out and isinstance(piece.element, str) and isinstance(out[-1].element, str):
            text = out[-1].element + piece.element
            out[-1] = _Piece(_quoted(text), text)
        else:
            out.append(piece)
    return out


# ---- the file ---- #

_WIDTH = 100
"""Characters up to which an expression stands on one line."""
_TAKEN = (
    "batch_size", "micro_batch_size", "gradient_accumulation", "sequence_length", "devices", "ranks", "epochs", "steps",
    "seed", "learning_rate", "token_throughput", "throughput", "loss",
)  # fmt: skip
"""Columns of runs that have the name of a field."""
_PICKS = {"throughput": ', pick="median"', "token_throughput": ', pick="median"', "learning_rate": ', pick="max"'}


def _file(
    name: str,
    platforms: Sequence[str],
    rules: Sequence[_Drafted],
    sources: Sequence[str],
    shapes: int,
    lines: int,
    read: int,
) -> str:
    """The text of the grammar file."""
    identifying = None if platforms else max(rules, key=_letters, default=None)
    body = "\n".join(_rule(d, d is identifying) for d in rules)
    columns = _columns(rules, bool(platforms))
    code = re.sub(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|#.*", "", body + columns)
    used = sorted(n for n in _EXPORTED if n == "unnamed" or re.search(rf"\b{n}\b", code))
    todo = {n for d in rules for n in d.rule.fields if n.startswith(TODO)}
    where = f"{len(sources)} files" if len(sources) > 3 else ", ".join(one_line(s) for s in sources)
    head = [
        f"# Draft of a grammar for {where}.",
        f"# {lines:,} lines with figures ({shapes} shapes) were not parsed; {len(rules)} rules read {read:,} of them.",
        "# What to do next:",
        f"# - Name the numbers called {TODO}…: there are {len(todo)}, and `logparse grammars check FILE` lists them.",
        "#   docs/reference/vocabulary.md has the names. Write unnamed(real) for a number that is of no interest.",
        "# - Remove the rules that you do not need.",
    ]
    named = [f"    name={_quoted(name)},"]
    if platforms:
        extends = _quoted(platforms[0]) if len(platforms) == 1 else repr(tuple(platforms))
        named.append(f"    extends={extends},")
    else:
        head.append(
            '# - Mark the lines that only this program prints: marks="identifies_platform". They show whose log it is.'
        )
        named.append(f"    title={_quoted(name)},")
    imports = ["from __future__ import annotations", ""]
    imports += ["import pyparsing as pp", ""] if "pp." in code else []
    imports += [f"from logparse.grammar import {', '.join(['Grammar', *used])}", ""]
    end = [columns] if columns else []
    return "\n".join([*head, *imports, "GRAMMAR = Grammar(", *named, "    rules=(", body, "    ),", *end, ")"]) + "\n"


_EXPORTED = (
    "Infer", "Rule", "Take", "blanks", "clock", "count", "in_unit", "integer", "percent", "real", "rest", "timestamp",
    "timestamp_seconds", "unnamed",
)  # fmt: skip


def _letters(drafted: _Drafted) -> int:
    """How many letters of its lines do not vary: the more, the surer they are of this program."""
    return sum(len(re.findall("[A-Za-z]", p.element)) for p in drafted.pieces if isinstance(p.element, str))


def _rule(drafted: _Drafted, identifies: bool) -> str:
    lines: list[str] = []
    for piece in drafted.pieces:
        more = f"{lines[-1]} + {piece.code}" if lines else piece.code
        if lines and len(more) <= _WIDTH:
            lines[-1] = more
        else:
            lines.append(f"+ {piece.code}" if lines else piece.code)
    out = [f"        # {drafted.count:,} line{'' if drafted.count == 1 else 's'}", "        Rule("]
    out += [f"            {_quoted(drafted.rule.name)},", f"            {_quoted(drafted.rule.example)},"]
    out += [f"            {line}" for line in lines]
    out[-1] += ","
    if identifies:
        out.append('            marks="identifies_platform",')
    if drafted.rule.split:
        out.append(f"            split={_quoted(drafted.rule.split)},")
    return "\n".join([*out, "        ),"])


def _columns(rules: Sequence[_Drafted], extends: bool) -> str:
    """The columns of runs that follow from the names. In an extension as comments, since the platform may give them."""
    takes = []
    by_field: dict[str, list[str]] = {}
    for d in rules:
        for name in d.rule.fields:
            if d.rule.split != "eval" or name not in ("loss", "throughput"):
                by_field.setdefault(name, []).append(d.rule.name)
    if training := [d.rule.name for d in rules if d.rule.split == "train"]:
        takes.append(f'Infer("task", "train", because="{"|".join(training[:4])}")')
    if "step" in by_field:  # what counts is how far it came, not how far it was to come
        by_field.pop("steps", None)
        takes.append(f'Take("steps", "{"|".join(f"{r}.step" for r in by_field["step"])}", pick="max")')
    for column in _TAKEN:
        if column in by_field and column in RUNS:
            # A schedule lowers the learning rate; the setting is its maximum.
            pick = _PICKS.get(column, "")
            takes.append(f'Take("{column}", "{"|".join(by_field[column])}"{pick})')
    if not takes:
        return ""
    if not extends:
        return "\n".join(["    columns=(", *(f"        {take}," for take in takes), "    ),"])
    head = "    # Columns of runs, if the platform does not give them; a value given here counts:"
    return "\n".join([head, "    # columns=(", *(f"    #     {take}," for take in takes), "    # ),"])
