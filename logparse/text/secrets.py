"""Keys, tokens and passwords in the text of logs: found by their own form or by the name before them, and masked.

The reader masks each text once, before any rule sees it, so that no frame, page, chart or report can hold what is
masked. A mask has as many characters as the secret: every column of the line stays where it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import chain, compress, groupby, islice
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars as pl

MASK = "*"
"""What a character of a secret becomes."""
_PIECE = 2**15
_CHUNK = 2**20
"""Bytes: texts are screened in pieces, and copied a chunk at a time for it."""
_GROUP = 8
"""Chunks that are screened at once."""

# -- what gives a secret away -----------------------------------------------------------------------------------------

# Matching takes linear time: repeats are possessive or bounded. Long patterns are compiled when a line needs them: few
# logs have such a line.
_SEPARATOR = r"""(?:\\?["'])?[ \t]{0,4}+(?P<sep>=>?|:)[ \t]{0,4}+"""
_VALUE = (
    r"""(?:(?P<quote>\\?["'])(?P<quoted>(?:(?!(?P=quote))[^\n\r]){1,4000}+)(?P=quote)"""
    r"""|(?:\\?["'])?(?P<bare>[^\s"'`,;&|]++))"""
)
_NAME = re.sub(
    r"\s+",
    "",
    r"""(?:
    (?P<password> password | passwd | passphrase | passcode | (?<![a-z])pwd | (?<=_)pass )
  | (?P<key> (?: api | access | account | private | secret | auth | shared | signing | encryption | subscription
        | master | client | service ) [_-]?key (?: [_-]? (?: id | value | data ) )?
      | sharedaccess (?: key | signature ) | secret )
  | (?P<token> token | credentials? | (?<=[a-z0-9]_)key )
)""",
)
_NAMED = _NAME + _SEPARATOR + _VALUE
"""`DB_PASSWORD=x`, `"api_key": "x"`, `token: x`, in lower case."""
_OPTION = rf"(?<![^\s\"'(\[,])--?[\w-]{{0,40}}?{_NAME}[\"']?,?[ \t]++(?!-){_VALUE}"
"""An option whose value is the next word, also in a list of arguments."""

_CREDENTIAL = r"""(?:\\?["'])?[ \t]{0,4}+[=:][ \t]{0,4}+(?:\\?["'])?"""
_ARGUMENTS = r"\b[^\n|;]{0,400}?[ \t]"
_FORMS = tuple(
    (literals.split(), pattern)
    for literals, pattern in (
        ("akia asia abia acca", r"\b(?P<v>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\b"),  # AWS
        ("ghp_ gho_ ghu_ ghs_ ghr_", r"\b(?P<v>gh[pousr]_[A-Za-z0-9]{20,}+)"),
        ("github_pat_", r"\b(?P<v>github_pat_\w{20,}+)"),
        ("glpat-", r"\b(?P<v>glpat-[\w-]{16,}+)"),  # GitLab
        ("hf_ npm_", r"\b(?P<v>(?:hf|npm)_[A-Za-z0-9]{20,}+)"),  # Hugging Face
        ("sk-", r"\b(?P<v>sk-(?=[a-zA-Z_-]*+\d)[\w-]{16,}+)"),  # OpenAI, Anthropic
        ("nvapi-", r"\b(?P<v>nvapi-[\w-]{20,}+)"),  # NVIDIA
        ("wandb_v", r"\b(?P<v>wandb_v\d_\w{20,}+)"),  # Weights & Biases
        ("_live_ _test_", r"\b(?P<v>[srp]k_(?:live|test)_\w{10,}+)"),  # Stripe
        ("xox", r"\b(?P<v>xox[a-z]-[\w-]{10,}+)"),  # Slack
        ("hooks.slack", r"hooks\.slack\.com/(?:services|workflows)/(?P<v>[\w/]++)"),
        ("eyj", r"\b(?P<v>eyJ[\w-]{8,}+\.eyJ[\w-]{8,}+(?:\.[\w-]*+)?)"),  # JSON web token
        ("aiza ya29. gocspx-", r"\b(?P<v>AIza[\w-]{30,}+|ya29\.[\w-]{20,}+|GOCSPX-[\w-]{20,}+)"),  # Google
        ("pypi-", r"\b(?P<v>pypi-[\w-]{30,}+)"),
        ("sg.", r"\b(?P<v>SG\.[\w-]{16,}+\.[\w-]{16,}+)"),  # SendGrid
        ("dop_v1_", r"\b(?P<v>dop_v1_[0-9a-f]{32,}+)"),  # DigitalOcean
        ("://", r"""://[^\s/:@"']{0,200}+:(?P<v>[^\s/"'<>]{1,400})@"""),
        ("authorization", rf"(?i:authorization{_CREDENTIAL}(?:(?:basic|bearer|token|digest|apikey)[ \t]++)?)"
                          r"""(?P<v>[^\s"',;]{6,}+)"""),
        ("bearer", r"\b(?i:bearer)[ \t]++(?P<v>(?=[^\s\d]*+\d)[\w.~+/=-]{8,}+)"),
        ("x-amz- x-goog-", rf"""\b(?i:x-amz-security-token|x-goog-api-key){_CREDENTIAL}(?P<v>[^\s"',;]++)"""),
        ("sig= signature= key= code= auth= token= credential=",
         r"[?&](?i:sig|signature|key|code|auth|token|access_token|x-amz-(?:signature|credential|security-token))="
         r"""(?P<v>[^\s&"'#<>]{6,}+)"""),
        ("machine", r"\bmachine[ \t]++\S{1,400}+[ \t]++login[ \t]++\S{1,400}+[ \t]++password[ \t]++(?P<v>\S++)"),
        ("docker podman", rf"""\b(?:docker|podman)[ \t]++login{_ARGUMENTS}-p[ \t=]*+["']?(?P<v>[^\s"'-][^\s"']*+)"""),
        ("mysql mariadb", rf"""\b(?:mysql|mysqldump|mysqladmin|mariadb){_ARGUMENTS}-p["']?(?P<v>[^\s"']++)"""),
        ("sshpass", r"""\bsshpass[ \t]++-p[ \t]*+["']?(?P<v>[^\s"']++)"""),
        ("redis-cli", rf"""\bredis-cli{_ARGUMENTS}-a[ \t]++["']?(?P<v>[^\s"']++)"""),
        ("curl wget http", rf"""\b(?:curl|wget|http){_ARGUMENTS}-{{1,2}}u(?:ser)?[ \t=]*+["']?[^\s:"'@/]++:"""
                           r"""(?P<v>[^\s"']++)"""),
        ("wandb", r"\bwandb\b[^\n]{0,40}?login\b[^\n]{0,40}?\b(?P<v>[0-9a-f]{32,}+)\b"),
        ("identified", r"""(?i:identified[ \t]by)[ \t]++['"](?P<v>[^'"\n]++)"""),
        # A key that was pasted where a command was expected.
        ("not found", r"(?P<v>(?<![\w./-])(?=[A-Za-z_-]*+\d)(?:(?=[a-z\d_-]*+[A-Z])(?=[A-Z\d_-]*+[a-z])[\w-]{16,}+"
                      r"|[0-9a-f]{32,}+))(?=: (?:command )?not found|(?<=not found: )|\s*+$)"),
    )
)  # fmt: skip
"""Literals, in lower case, one of which is in each text that the pattern matches; the secret is the group v."""
_NAME_LITERALS = ("pass", "pwd", "key", "secret", "token", "credential", "sharedaccess")

_QUOTE = r"\\?[\x22']?"
_AFTER_NAME = rf"(?:{_QUOTE}[ \t]*[=:]|[\x22']?,?[ \t])"
_WORD_SCREEN = "|".join((
    rf"(?:pass|PASS|Pass)(?i:(?:word|wd|phrase|code)?){_AFTER_NAME}",
    rf"(?:pwd|PWD|Pwd|cret|CRET){_AFTER_NAME}",
    rf"(?:key|KEY|Key)(?i:(?:[_-]?(?:id|value|data))?){_AFTER_NAME}",
    rf"(?:oken|OKEN|edential|EDENTIAL)[sS]?{_AFTER_NAME}",
    r"uthoriz|UTHORIZ|(?:earer|EARER|dentified|DENTIFIED)[ \t]|x-amz-|X-Amz-|X-AMZ-|x-goog-|X-Goog-",
    r"auth=|code=|sig=|ature=",
))  # fmt: skip
"""Two patterns are an order of magnitude faster than one of both, and than one that ignores case: the crate searches
for the literals of each."""
_FORM_SCREEN = (
    r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20}|github_pat_|glpat-|(?:hf|npm)_[A-Za-z0-9]{20}|sk-|nvapi-"
    r"|wandb_v|_live_|_test_|xox[a-z]-|hooks\.slack|eyJ|AIza|ya29\.|GOCSPX-|pypi-|SG\.|dop_v1_|://[^\s/:@]*:[^\s/]+@"
    r"|machine[ \t]+[^\s]+[ \t]+login|docker[ \t]+login|podman[ \t]+login|mysql[a-z]*[ \t]|mariadb|sshpass|redis-cli"
    r"|curl[ \t]|wget[ \t]|http[ \t]|wandb.*login|not found|PRIVATE KEY-----"
)
_SCREEN = "|".join((
    rf"(?i:(?:pass(?:word|wd|phrase|code)|_pass|pwd|cret){_QUOTE}[ \t]*[=:])",
    rf"(?i:[a-z_-]key(?:[_-]?(?:id|value|data))?{_QUOTE}[ \t]*[=:])",
    rf"(?i:(?:oken|edentials?){_QUOTE}[ \t]*[=:]>?[ \t]*{_QUOTE}[!-@e]*[a-df-z_\[\\])",
    r"(?i:[?&](?:[a-z_-]*oken|key)=)",
    r"(?i:-[a-z_-]*(?:pass(?:word|wd|phrase|code)|pwd|token|secret|credentials?|key(?:[_-]?(?:id|value|data))?)"
    r"[\x22']?,?[ \t])",
    r"(?i:authorization|bearer[ \t]|identified[ \t]by)",
    r"(?i:x-amz-|x-goog-|(?:auth|code|sig|ature)=)",
    _FORM_SCREEN,
))  # fmt: skip
"""In the syntax of Rust's `regex` crate: each line in which something is masked matches it, and `_WORD_SCREEN` or
`_FORM_SCREEN`; few others do."""

# -- what does not ----------------------------------------------------------------------------------------------------

_PLACEHOLDER = r"""(?ix)
    none | null | nil | true | false | yes | no | on | off | unset | undefined | empty | required | missing
    | is | not | was | are | has | must | should | cannot | expired | invalid | for | of | from | to | in | and | or
    | the     | x{3,} | \*+ | <.* | \$.* | %.* | \{.* | [\[(].* | \W*"""
"""Not a value: a word of a program or of a sentence, or a name that stands for the value."""
_VARIABLE = re.compile(r"\$\{?\w*|<[\w .-]*|\{\w*")
"""A name that stands for the value, without the bracket at its end."""
_MODEL_TOKEN = r"""(?ix)
    (?: pad | eos | bos | eod | eot | unk | mask | cls | sep | per | next | first | last | prev | special
    | image | start | end | stop | begin | each | every | one | new | max | min | num | total | input | output | prompt
    | unexpected | unknown | vocab | time | target | draft | video | audio | decoder | encoder | cache | sort | primary
    | foreign | hash | partition | shard | group | pair | dict ) [ _./-]? $"""
"""What precedes `token` or `KEY` where it is not a secret: the token of a language model, the key of a table."""
_NUMBER = re.compile(r"[-+]?[\d.,]*(?:[eE][-+]?\d+)?[a-zA-Z%/]{0,4}")
_PATH = re.compile(r"(?:~|\.{0,2})/\S*|[A-Za-z]:\\\S*")


def masked(text: bytes) -> tuple[bytes, dict[int, str]]:
    """UTF-8 text with every secret masked, and the lines that changed, by number from 1, as they were before.

    Each character of a secret becomes one `MASK`. Text without a secret is returned as it is.
    """
    return masked_texts([text])[0]


def masked_texts(texts: Sequence[bytes]) -> list[tuple[bytes, dict[int, str]]]:
    """The result of `masked` for each text. Many short texts take as long as one long text."""
    out: list[tuple[bytes, dict[int, str]]] = [(text, {}) for text in texts]
    searched = chain.from_iterable(_searched(texts, chunk) for chunk in _chunks(_suspicious(texts)))
    for index, pieces in groupby(searched, key=lambda found: found[0].text):
        out[index] = _masked(texts[index], pieces)
    return out


class _Piece(NamedTuple):
    """Whole lines of one of several texts: the index of the text, and where they begin and end in it."""

    text: int
    start: int
    end: int


def _masked(text: bytes, pieces: Iterable[tuple[_Piece, list[str], list[int]]]) -> tuple[bytes, dict[int, str]]:
    """The result of `masked`. pieces: those in which something may have to be masked, as `_searched` gives them."""
    done: list[bytes] = []
    before: dict[int, str] = {}
    at = counted = 0
    number = 1
    for piece, lines, numbers in pieces:
        number += text.count(b"\n", counted, piece.start)
        counted = piece.start
        changed = dict(_changed(lines, numbers))
        if changed:
            before |= {number + i: lines[i] for i in changed}
            done += text[at : piece.start], "\n".join(changed.get(i, line) for i, line in enumerate(lines)).encode()
            at = piece.end
    masked_text = b"".join([*done, text[at:]]) if done else text
    if b"PRIVATE KEY-----" in masked_text:
        return _without_private_keys(masked_text, before)
    return masked_text, before


def _suspicious(texts: Sequence[bytes]) -> Iterator[_Piece]:
    """The pieces, in order, that a first search finds: few of the others."""
    import polars as pl

    def search(chunk: Sequence[_Piece]) -> list[_Piece]:
        return list(compress(chunk, _matches(_copied(texts, chunk), _WORD_SCREEN, _FORM_SCREEN)))

    chunks = list(_chunks(_pieces(texts)))
    if len(chunks) <= _GROUP:
        yield from chain.from_iterable(map(search, chunks))
        return
    # polars lets other threads work while it searches. Few chunks at a time, since each is copied for it.
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        for at in range(0, len(chunks), _GROUP):
            yield from chain.from_iterable(threads.map(search, chunks[at : at + _GROUP]))


def _searched(texts: Sequence[bytes], chunk: Sequence[_Piece]) -> Iterator[tuple[_Piece, list[str], list[int]]]:
    """Those of the pieces in which something may have to be masked, with their lines and the indices of the lines in
    which it is."""
    import polars as pl

    # Each search takes as long as that of 20 kB before it begins: few searches, of many lines.
    copied = _copied(texts, chunk)
    found = _matches(copied, _SCREEN)
    pieces = [text.split("\n") for text in compress(copied, found)]
    matches = iter(_matches(pl.Series([line for lines in pieces for line in lines], dtype=pl.String), _SCREEN))
    for piece, lines in zip(compress(chunk, found), pieces, strict=True):
        yield piece, lines, [i for i, is_match in enumerate(islice(matches, len(lines))) if is_match]


def _pieces(texts: Sequence[bytes]) -> Iterator[_Piece]:
    """The texts in pieces."""
    for index, text in enumerate(texts):
        start = 0
        while start < len(text):
            end = text.find(b"\n", start + _PIECE) + 1 or len(text)
            yield _Piece(index, start, end)
            start = end


def _chunks(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    """The pieces in groups of about `_CHUNK` bytes."""
    chunk: list[_Piece] = []
    size = 0
    for piece in pieces:
        chunk.append(piece)
        size += piece.end - piece.start
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _copied(texts: Sequence[bytes], pieces: Iterable[_Piece]) -> pl.Series:
    import polars as pl

    return pl.Series([texts[index][start:end] for index, start, end in pieces]).cast(pl.String)


def _matches(texts: pl.Series, *patterns: str) -> list[bool]:
    """Whether each text matches one of the patterns."""
    import polars as pl

    matches = reduce(or_, (pl.col("text").str.contains(pattern) for pattern in patterns))
    return texts.to_frame("text").select_seq(matches).to_series().to_list()


def masked_text(text: str) -> str:
    """`text` with every secret masked."""
    return masked(text.encode("utf-8", "surrogatepass"))[0].decode("utf-8", "surrogatepass")


def _changed(lines: list[str], numbers: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Index and text of the lines in which something is masked."""
    for i in numbers:
        after = _with_masks(lines[i], sorted(_spans(lines[i])))
        if after != lines[i]:
            yield i, after


def _with_masks(line: str, spans: Iterable[tuple[int, int]]) -> str:
    at = 0
    out: list[str] = []
    for start, end in spans:
        if end > at:
            start = max(start, at)
            out += line[at:start], MASK * (end - start)
            at = end
    return "".join([*out, line[at:]])


def _spans(line: str) -> Iterator[tuple[int, int]]:
    """Start and end of each secret in a line."""
    small = line.lower()
    if len(small) != len(line):  # a letter whose small form is two
        small = "".join(c.lower() if c.isascii() else c for c in line)
    for literals, pattern in _FORMS:
        if any(literal in small for literal in literals):
            for match in re.finditer(pattern, line):
                value = match["v"].rstrip(_PUNCTUATION)
                if not _VARIABLE.fullmatch(value):
                    yield match.start("v"), match.start("v") + len(value)
    if any(literal in small for literal in _NAME_LITERALS):
        for pattern in (_NAMED, _OPTION):
            for match in re.finditer(pattern, small):
                quoted = match["quoted"] is not None
                start, end = match.span("quoted" if quoted else "bare")
                if not quoted:
                    end = start + len(line[start:end].rstrip(_PUNCTUATION))
                if _is_secret(line, match, line[start:end]):
                    yield start, end


_PUNCTUATION = ".,:;)]}>\\"
"""What ends a sentence or a list behind a value."""


def _is_secret(line: str, match: re.Match[str], value: str) -> bool:
    """Whether the value is one that its name says it is."""
    if re.fullmatch(_PLACEHOLDER, value):
        return False
    if match["password"]:
        name = line[slice(*match.span("password"))]
        return not (name == "pass" or (name.lower() == "pwd" and _PATH.fullmatch(value)))
    if _PATH.fullmatch(value):
        return False
    if match["key"]:
        return len(value) >= 4
    start, end = match.span("token")
    if len(value) < 6 or _NUMBER.fullmatch(value) or re.search(_MODEL_TOKEN, line[max(start - 20, 0) : start]):
        return False
    has_digit = any(c.isdigit() for c in value)
    if match["token"] == "key":
        return line[start:end] == "KEY" and has_digit and len(value) >= 12
    # "Unexpected token: else" is a sentence; "token=abcdef" is not.
    is_sentence = match.re.pattern == _NAMED and match["sep"] == ":" and match["quoted"] is None
    return has_digit or len(value) >= 20 or not is_sentence


# -- private keys -----------------------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----")
_END = re.compile(rb"-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----")
_KEY_TEXT = re.compile(rb"(?<![\w+/])[A-Za-z0-9+/]{16,}+={0,2}|(?<=\n)[A-Za-z0-9+/]{2,}+={0,2}(?=\r?\n)")
_LONGEST_KEY = 2**14
"""Bytes behind the beginning of a private key in which its text stands, where no end follows."""


def _without_private_keys(text: bytes, before: dict[int, str]) -> tuple[bytes, dict[int, str]]:
    """The text of each block between BEGIN and END masked, on one line or on many."""
    out: list[bytes] = []
    at = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < at:
            continue
        end = _END.search(text, begin.end(), begin.end() + _LONGEST_KEY)
        stop = end.start() if end else min(begin.end() + _LONGEST_KEY, len(text))
        out += text[at : begin.end()], _KEY_TEXT.sub(lambda m: MASK.encode() * len(m[0]), text[begin.end() : stop])
        at = stop
    after = b"".join([*out, text[at:]])
    if after == text:
        return text, before
    pairs = zip(text.split(b"\n"), after.split(b"\n"), strict=True)
    changed = {n: old.decode() for n, (old, new) in enumerate(pairs, start=1) if old != new}
    return after, changed | before
