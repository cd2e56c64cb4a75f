from __future__ import annotations

import builtins
import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import re
import socket
import sys
import tarfile
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import logparse
from logparse.errors import LogparseError, NoSuchInput, UsageError
from logparse.reading import sources
from logparse.reading.sources import Source, clean, expand, read_sources

REAL_LOGS = Path(__file__).parents[2] / "shared" / "logs"
BAR = "Epoch 1/2: 100%|██████████| 938/938 [00:22<00:00, 41.53it/s]\n".encode()
REDRAWN = "�".encode()


def read(given, **options) -> list[Source]:
    return list(read_sources(given, **options))


def read_one(given) -> Source:
    (source,) = read(given)
    return source


def cleaned(data: bytes) -> bytes:
    return clean(data)[0]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder that is also the current one, so that names are short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, data: bytes = b"one\ntwo\n") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)
    return path


# -- what a source tells ----------------------------------------------------------------------------------------------


def test_a_plain_file_is_given_whole_with_its_facts(folder):
    data = b"2024-04-07 05:58:24 INFO: begin\nDuration: 781\n"
    assert read_one(put("a.out", data)) == Source(
        name="a.out",
        text=data,
        lines=2,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        encoding="ascii",
        compression=None,
        status="text",
        reason=None,
    )


def test_an_empty_file_is_a_text_of_no_lines():
    source = read_one(b"")
    assert (source.status, source.text, source.lines, source.bytes, source.reason) == ("text", b"", 0, 0, None)


@pytest.mark.parametrize(("data", "lines"), [(b"\n", 1), (b"a", 1), (b"a\nb", 2), (b"a\r\nb\r\n", 2), (b"\n\n\na", 4)])
def test_lines_are_counted_as_grep_counts_them(data, lines):
    assert read_one(data).lines == lines


@pytest.mark.parametrize("separator", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_a_newline_ends_a_line(separator):
    assert read_one(f"a{separator}b\nc".encode()).lines == 2


def test_the_name_of_a_file_that_is_no_text_can_still_be_printed(folder):
    try:
        Path(os.fsdecode(b"run\xff.out")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    assert read_one(folder).name.endswith("run\ufffd.out")


# -- what may be named ------------------------------------------------------------------------------------------------


def test_one_thing_may_be_given_or_several(folder):
    put("a.out"), put("b.out")
    assert [s.name for s in read("a.out")] == [s.name for s in read(Path("a.out"))] == ["a.out"]
    assert [s.name for s in read(["b.out", Path("a.out"), b"text"])] == ["b.out", "a.out", "<bytes>"]
    assert [s.name for s in read(f"{name}.out" for name in "ba")] == ["b.out", "a.out"]


def test_a_folder_is_read_to_the_bottom_in_order_without_hidden_names(folder):
    for path in ("runs/b.out", "runs/a/2.out", "runs/a/1.out", "runs/.hidden", "runs/.git/x.out"):
        put(path)
    assert [s.name for s in read("runs")] == ["runs/a/1.out", "runs/a/2.out", "runs/b.out"]
    assert expand("runs/") == [Path("runs/a/1.out"), Path("runs/a/2.out"), Path("runs/b.out")]


def test_a_hidden_file_is_read_when_named(folder):
    assert read_one(put(".hidden")).name == ".hidden"


def test_a_folder_without_files_gives_nothing(folder):
    Path("runs/deep").mkdir(parents=True)
    assert read("runs") == []


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.out", ["a.out", "z.out"]),
        ("runs/*.out", ["runs/b.out"]),
        ("**/*.out", ["a.out", "runs/b.out", "runs/deep/c.out", "z.out"]),
        ("runs/**", ["runs/b.out", "runs/deep/c.out"]),
        ("ru*", ["runs/b.out", "runs/deep/c.out"]),
        ("[az].out", ["a.out", "z.out"]),
        ("?.out", ["a.out", "z.out"]),
    ],
)
def test_globs_are_expanded_in_order(folder, pattern, names):
    for path in ("z.out", "a.out", "runs/b.out", "runs/deep/c.out", "runs/.hidden.out"):
        put(path)
    assert [s.name for s in read(pattern)] == names


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder):
    put("run[1].out"), put("run1.out")
    assert read_one("run[1].out").name == "run[1].out"


def test_the_same_real_file_is_read_once_under_its_first_name(folder):
    put("runs/a.out")
    os.symlink("runs/a.out", "link.out")
    assert [s.name for s in read(["link.out", "runs", folder / "runs" / "a.out", "runs/../runs/a.out"])] == ["link.out"]


def test_a_link_to_a_folder_is_followed(folder):
    put("elsewhere/a.out")
    os.makedirs("runs")
    os.symlink("../elsewhere", "runs/latest")
    assert [s.name for s in read("runs")] == ["runs/latest/a.out"]


def test_a_missing_path_names_the_one_that_was_meant(folder):
    put("runs/bert.out")
    with pytest.raises(NoSuchInput, match=r"^no such file: runs/bert\.ot\. Did you mean runs/bert\.out\?$"):
        read_sources("runs/bert.ot")
    with pytest.raises(NoSuchInput, match=r"Did you mean runs/bert\.out\?$"):
        read_sources("run/bert.out")
    with pytest.raises(NoSuchInput, match=r"Did you mean runs/bert\.out\?$"):
        read_sources("runs/BERT.OUT")
    with pytest.raises(NoSuchInput, match=r"^no such file: runs/nothing-like-it$"):
        read_sources("runs/nothing-like-it")
    with pytest.raises(NoSuchInput, match=r"^no such file: runs/bert\.out/inside$"):
        read_sources("runs/bert.out/inside")


def test_a_missing_path_is_told_before_anything_is_read(folder):
    stream = io.BytesIO(b"text")
    with pytest.raises(NoSuchInput, match="no such file: missing"):
        read_sources([stream, "missing"])
    assert stream.tell() == 0


@pytest.mark.parametrize("pattern", ["*.nothing", "none/**/x*", "a\0*"])
def test_a_glob_without_a_match_is_told(folder, pattern):
    with pytest.raises(NoSuchInput, match="nothing matches"):
        read_sources(pattern)


@pytest.mark.parametrize("text", ["", "one line\nand another", "x" * 5000])
def test_text_given_as_a_path_is_told_apart(folder, text):
    put("a.out")
    with pytest.raises(NoSuchInput, match="give the text of a log as bytes"):
        read_sources(text)


@pytest.mark.parametrize("wrong", [7, None, 1.5, [7], ["a.out", None]])
def test_what_is_no_input_is_wrong_usage(folder, wrong):
    put("a.out")
    with pytest.raises(UsageError, match="give a path, a glob, bytes or an open file"):
        read_sources(wrong)


def test_all_errors_have_one_root():
    with pytest.raises(LogparseError, match="no such file"):
        read_sources("no/such/place")


def test_sources_are_read_one_at_a_time(folder):
    put("a.out"), put("b.out", b"old")
    sources = read_sources(["a.out", "b.out"])
    next(sources)
    put("b.out", b"new")
    assert next(sources).text == b"new"


# -- lists of files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\0"])
def test_a_list_names_one_path_a_line(folder, ends):
    for path in ("with space.out", "b.out", "runs/c.out"):
        put(path)
    put("list", ends.join([b"with space.out", b"", b"runs", b"b.out", b""]))
    assert [s.name for s in read([], files_from="list")] == ["with space.out", "runs/c.out", "b.out"]
    assert [s.name for s in read("b.out", files_from="list")] == ["b.out", "with space.out", "runs/c.out"]


def test_a_list_may_come_from_standard_input(folder, monkeypatch):
    put("a.out")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a.out\n")))
    assert [s.name for s in read([], files_from="-")] == ["a.out"]


def test_standard_input_cannot_be_log_and_list(folder):
    with pytest.raises(UsageError, match="standard input cannot be a log and the list"):
        read_sources("-", files_from="-")


def test_a_list_that_cannot_be_read_is_told(folder):
    put("many/a"), put("many/b")
    os.symlink("gone", "broken")
    with pytest.raises(NoSuchInput, match="no such file: lst"):
        read_sources([], files_from="lst")
    with pytest.raises(UsageError, match="must be one file"):
        read_sources([], files_from="many")
    with pytest.raises(UsageError, match=r"cannot read the list of files broken: This is a link to gone"):
        read_sources([], files_from="broken")


# -- streams and bytes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_are_text(kind):
    source = read_one(kind(b"a\n"))
    assert (source.name, source.text) == ("<bytes>", b"a\n")


def test_no_two_sources_share_a_name():
    assert [s.name for s in read([b"a", b"b", io.BytesIO(b"c"), io.BytesIO(b"d")])] == [
        "<bytes>",
        "<bytes> (2)",
        "<stream>",
        "<stream> (2)",
    ]


def test_standard_input_is_read_as_bytes_and_once(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO("50%\r100% ✓\n".encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    (source,) = read(["-", "-", stdin])
    assert (source.name, source.text) == ("<stdin>", "50%\r100% ✓\n".encode())


def test_closed_standard_input_is_unreadable(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    source = read_one("-")
    assert (source.status, source.reason) == ("unreadable", "Standard input is closed: give a path instead.")


def test_streams_keep_their_names(folder):
    put("a.out", b"x\n")
    with open("a.out", "rb") as file:
        assert read_one(file).name == "a.out"
    with open(os.open("a.out", os.O_RDONLY), "rb") as file:
        assert (read_one(file).name, file.closed) == ("<stream>", False)
    assert read_one(io.StringIO("x ✓\n")).text == "x ✓\n".encode()


def test_a_text_file_keeps_its_lines(folder):
    put("a.out", "50%\r100% ✓\nnext\n".encode())
    with open("a.out", encoding="utf-8") as file:
        assert read_one(file).text == "50%\r100% ✓\nnext\n".encode()


def test_a_text_file_read_in_part_gives_the_rest(folder):
    put("a.out", b"first\nsecond\rthird\nfourth\n")
    with open("a.out", encoding="utf-8") as file:
        file.readline()
        assert read_one(file).text == b"second\rthird\nfourth\n"
    with open("a.out", encoding="utf-8") as file:
        next(file)
        assert read_one(file).text.endswith(b"fourth\n")


def test_a_text_file_with_its_own_encoding_is_decoded_by_it(folder):
    put("a.out", "naïve\n".encode("utf-16-be"))
    with open("a.out", encoding="utf-16-be") as file:
        assert read_one(file).text == "naïve\n".encode()


def test_text_with_lone_surrogates_is_read():
    assert read_one(io.StringIO("a\ud800b\n")).lines == 1
    assert read_one(io.StringIO(b"caf\xe9\n".decode("utf-8", "surrogateescape"))).text == "café\n".encode()


def test_a_stream_that_fails_is_unreadable_and_the_others_are_read():
    closed = io.BytesIO(b"x")
    closed.close()
    bad, good = read([closed, b"good"])
    assert (bad.status, good.status) == ("unreadable", "text")
    assert bad.reason == "It could not be read (I/O operation on closed file.): open it anew, in binary mode."


# -- what cannot be read ----------------------------------------------------------------------------------------------


def test_a_file_without_permission_is_unreadable_and_the_others_are_read(folder, monkeypatch):
    put("a.out"), put("b.out")

    def refuse(path, *args, **kwargs):
        if Path(path).name == "a.out":
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args, **kwargs)

    real_open = builtins.open
    monkeypatch.setattr(builtins, "open", refuse)
    bad, good = read(["a.out", "b.out"])
    assert (bad.name, bad.status, bad.text, bad.encoding) == ("a.out", "unreadable", b"", None)
    assert bad.reason == "There is no permission to read it: ask its owner, or change it with chmod."
    assert good.status == "text"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission_is_unreadable(folder):
    put("runs/closed/a.out")
    Path("runs/closed").chmod(0)
    try:
        assert [(s.name, s.status) for s in read("runs")] == [("runs/closed", "unreadable")]
    finally:
        Path("runs/closed").chmod(0o700)


def test_a_folder_that_cannot_be_listed_is_unreadable_and_the_others_are_read(folder, monkeypatch):
    put("runs/closed/a.out"), put("runs/open/b.out")

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real_listdir(path)

    real_listdir = os.listdir
    monkeypatch.setattr(os, "listdir", refuse)
    assert [(s.name, s.status) for s in read("runs")] == [("runs/closed", "unreadable"), ("runs/open/b.out", "text")]


def test_a_broken_link_is_unreadable(folder):
    os.symlink("gone.out", "link.out")
    source = read_one("link.out")
    assert source.status == "unreadable"
    assert source.reason == "This is a link to gone.out, which does not exist: mend or remove the link."


def test_each_broken_link_is_told(folder):
    os.makedirs("runs")
    for name in ("a.out", "b.out"):
        os.symlink("gone.out", f"runs/{name}")
    assert [s.name for s in read("runs")] == [s.name for s in read("runs/*")] == ["runs/a.out", "runs/b.out"]


def test_a_link_to_itself_is_unreadable(folder):
    os.symlink("self", "self")
    source = read_one("self")
    assert (source.status, source.reason) == (
        "unreadable",
        "This is a link that leads back to itself: mend or remove the link.",
    )


def test_a_loop_of_folders_is_told_and_left(folder):
    put("runs/a.out")
    os.symlink("..", "runs/up")
    os.symlink(".", "runs/here")
    first, here, up = read("runs")
    assert (first.name, first.status) == ("runs/a.out", "text")
    assert (here.name, here.status) == ("runs/here", "unreadable")
    assert "leads back to a folder above it" in here.reason
    # what lies above is new, so it is searched, until it comes back
    assert (up.name, up.status) == ("runs/up/runs", "unreadable")


def test_a_glob_through_a_loop_names_each_file_plainly_and_once(folder):
    put("runs/z.out")
    os.symlink(".", "runs/here")
    assert [s.name for s in read("runs/**/*.out")] == ["runs/z.out"]


def test_a_file_that_vanishes_is_unreadable(folder):
    put("a.out"), put("b.out")
    sources = read_sources(["a.out", "b.out"])
    Path("a.out").unlink()
    gone, there = sources
    assert (gone.status, there.status) == ("unreadable", "text")
    assert gone.reason == "It was there when the reading began and is gone: read again."


def test_pipes_sockets_and_devices_in_a_folder_are_not_opened(folder):
    put("runs/a.out")
    os.mkfifo("runs/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("runs/socket")
        assert {s.name: (s.status, s.reason) for s in read("runs")} == {
            "runs/a.out": ("text", None),
            "runs/pipe": ("unreadable", "This is a named pipe, not a file: it was not opened."),
            "runs/socket": ("unreadable", "This is a socket, not a file: it was not opened."),
        }
    assert read_one(os.devnull).reason == "This is a device, not a file: it was not opened."


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no /dev/fd here")
def test_a_pipe_that_is_named_is_read():
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe\n")
    os.close(writing)
    try:
        assert read_one(f"/dev/fd/{reading}").text == b"from a pipe\n"
    finally:
        os.close(reading)


# -- compression ------------------------------------------------------------------------------------------------------

# A bz2 of several blocks of 100 kB: of a block that is cut nothing can be unpacked.
PACK = {"gzip": gzip.compress, "bz2": lambda data: bz2.compress(data, 1), "xz": lzma.compress}
LOSSES = random.Random(1)
LOG = b"".join(b"step %d loss %f\n" % (step, LOSSES.random()) for step in range(20_000))


@pytest.fixture(params=[*PACK, "zstd"])
def packing(request):
    if request.param == "zstd":
        zstandard = pytest.importorskip("zstandard")
        return "zstd", zstandard.ZstdCompressor().compress
    return request.param, PACK[request.param]


def test_what_is_packed_is_known_by_content(folder, packing):
    name, pack = packing
    packed = pack(LOG)
    source = read_one(put("misleading.txt", packed))
    assert (source.status, source.compression, source.text, source.reason) == ("text", name, LOG, None)
    assert (source.bytes, source.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())
    assert source.lines == 20_000


def test_several_members_are_one_text(packing):
    _, pack = packing
    assert read_one(pack(b"one\n") + pack(b"") + pack(LOG) + pack(b"two\n")).text == b"one\n" + LOG + b"two\n"


def test_an_empty_packed_file_is_an_empty_text(packing):
    _, pack = packing
    source = read_one(pack(b""))
    assert (source.status, source.text, source.reason) == ("text", b"", None)


def test_what_stands_before_a_cut_is_kept(packing):
    name, pack = packing
    packed = pack(LOG)
    source = read_one(packed[: len(packed) // 2])
    assert source.status == "text"
    assert len(source.text) > 1000
    assert LOG.startswith(source.text)
    assert source.reason.startswith(f"The {name} data is cut off")


def test_a_packed_file_cut_at_its_head_is_unreadable():
    source = read_one(gzip.compress(LOG)[:12])
    assert (source.status, source.text, source.compression) == ("unreadable", b"", "gzip")
    assert "cut off" in source.reason
    assert source.reason.endswith("Nothing could be unpacked.")


def test_what_stands_before_damage_is_kept():
    packed = bytearray(gzip.compress(LOG))
    packed[-6] ^= 0xFF  # the check sum
    packed[len(packed) // 2 : len(packed) // 2 + 50] = b"\xff" * 50
    source = read_one(bytes(packed))
    assert source.status == "text"
    assert source.text[:1000] == LOG[:1000]
    assert "The gzip data is damaged" in source.reason


def test_padding_after_packed_data_is_no_trouble_but_other_bytes_are_told(packing):
    name, pack = packing
    assert read_one(pack(b"one\n") + bytes(512)).reason is None
    source = read_one(pack(b"one\n") + b"garbage")
    assert source.text == b"one\n"
    assert source.reason == f"Behind the {name} data stand 7 other bytes: they were left out."


def test_what_was_packed_twice_is_not_unpacked_twice(packing):
    _, pack = packing
    source = read_one(pack(pack(LOG)))
    assert (source.status, source.text) == ("not_text", b"")
    assert source.reason.startswith("This was packed twice")


def test_a_bomb_is_refused_before_it_fills_the_memory(monkeypatch, packing):
    _, pack = packing
    monkeypatch.setattr(sources, "UNPACK_LIMIT", 10**6)
    source = read_one(pack(b"a" * (10**6 + 1)))
    assert (source.status, source.text) == ("unreadable", b"")
    assert source.reason.startswith("It unpacks to more than 1,000,000 bytes")
    assert read_one(pack(b"a" * 10**6)).status == "text"


def test_zstd_without_a_package_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    source = read_one(b"\x28\xb5\x2f\xfd" + bytes(20))
    assert (source.status, source.compression) == ("unreadable", "zstd")
    assert source.reason.endswith("pip install logparse[zstd].")


def test_an_archive_of_logs_says_to_unpack_it(folder):
    put("a.out")
    with tarfile.open("logs.tar.gz", "w:gz") as archive:
        archive.add("a.out")
    source = read_one("logs.tar.gz")
    assert (source.status, source.compression) == ("not_text", "gzip")
    assert source.reason == "This is a tar archive, not the text of a log: unpack it and read what is inside."


# -- text or not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x7fELF\x02\x01\x01", "an ELF program"),
        (b"%PDF-1.7\nplain text may follow\n", "a PDF document"),
        (b"PK\x03\x04\x14", "a zip archive"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"PAR1\x15\x04", "a parquet file"),
        (b"\x93NUMPY\x01\0v", "a numpy array"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x80\x04\x95\x0a\0\0\0.", "a Python pickle"),
    ],
)
def test_what_is_no_log_is_named(head, kind):
    source = read_one(head)
    assert (source.status, source.text, source.lines, source.encoding) == ("not_text", b"", 0, None)
    assert source.reason.startswith(f"This is {kind}")


@pytest.mark.parametrize(
    "data", [random.Random(1).randbytes(100_000), bytes(1000), b"\1\2\3text", b"text " + bytes(99)]
)
def test_binary_data_is_no_text(data):
    source = read_one(data)
    assert (source.status, source.reason) == ("not_text", "This is binary data, not the text of a log: leave it out.")


def test_one_nul_does_not_make_a_log_binary():
    source = read_one(b"loss 1\0\n")
    assert (source.status, source.text, source.lines) == ("text", b"loss 1" + REDRAWN + b"\n", 1)
    assert read_one(b"loss 1\n" * 100 + b"\0" * 8 + b"\nloss 2\n").status == "text"


def test_colours_and_backspaces_do_not_make_a_log_binary():
    assert read_one(b"\x1b[1m5%\x1b[0m\x08\x08\x08\x08\r\n" * 1000).status == "text"


# -- encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
    ],
)
def test_each_encoding_gives_the_same_text(codec, name):
    text = "Epoch 1: 97.69 % ✓\nsecond line of the log\n" * 5
    source = read_one(text.encode(codec))
    assert (source.text, source.encoding, source.lines, source.reason) == (text.encode(), name, 10, None)


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf16_is_known_by_its_mark(mark):
    codec = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert clean(mark + "██\n".encode(codec)) == ("██\n".encode(), "utf-16")


def test_a_mark_before_ascii_is_taken_off():
    assert clean(b"\xef\xbb\xbfDuration: 1\n") == (b"Duration: 1\n", "utf-8-sig")


def test_cp1252_is_read_and_told():
    source = read_one(b"\x95 MobaXterm \xa6 caf\xe9 \x91x\x92\r\n98%?????| undefined \x81\r\n")
    assert source.text == "• MobaXterm ¦ café ‘x’\n98%?????| undefined \ufffd\n".encode()
    assert (source.encoding, source.lines) == ("cp1252", 2)
    assert source.reason == "It is not UTF-8 and was read as cp1252: letters beyond ASCII may be wrong."


def test_utf8_with_two_cut_block_characters_stays_utf8():
    source = read_one(BAR + BAR.replace("█|".encode(), b"\xe2\x96|") + BAR.replace("|█".encode(), b"|\x88"))
    assert source.encoding == "utf-8 (damaged)"
    assert source.text.count("█".encode()) == 28
    assert source.text.count(REDRAWN) == 2
    assert b"938/938" in source.text
    assert source.reason.startswith("Some characters were cut in two")


def test_a_mark_proves_utf8_whatever_is_damaged():
    assert clean(b"\xef\xbb\xbf100%\xe2\x96|\n") == ("100%\ufffd|\n".encode(), "utf-8 (damaged)")


def test_a_large_log_may_have_more_damage():
    bars = [BAR.replace("█|".encode(), b"\xe2\x96|") if n % 10 == 0 else BAR for n in range(1000)]
    assert clean(b"".join(bars))[1] == "utf-8 (damaged)"
    assert clean(b"".join(bars[:1]) + BAR.replace("█".encode(), b"\xe2\x96"))[1] == "cp1252"


def test_a_log_cut_in_its_last_character_stays_utf8():
    for cut in (1, 2):
        assert clean(("✓ compiled\n100%|█".encode())[:-cut]) == ("✓ compiled\n100%|\ufffd".encode(), "utf-8 (damaged)")


def test_ascii_with_one_accent_of_cp1252_is_cp1252():
    assert clean(b"don\x92t\n") == ("don’t\n".encode(), "cp1252")
    assert clean(b"caf\xe9") == ("café".encode(), "cp1252")


def test_what_is_doubtful_is_all_told():
    packed = gzip.compress(b"caf\xe9\n" * 10) + b"garbage"
    assert read_one(packed).reason == (
        "Behind the gzip data stand 7 other bytes: they were left out. "
        "It is not UTF-8 and was read as cp1252: letters beyond ASCII may be wrong."
    )


# -- cleaning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # line ends
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\r\r\nb\r\r\r\n", b"a\nb\n"),
        (b"a^M\nb^M\r\n", b"a\nb\n"),
        # redraws
        (b" 50%\r100%\n", b" 50%\r100%\n"),
        (b"^M  0%|^M  1%|\n", b"\r  0%|\r  1%|\n"),
        (b"3/100\x1b[A\x1b[A2024-04-08T18:09:23Z\n", b"3/100\r\r2024-04-08T18:09:23Z\n"),
        (b"a\x1b[2Kb\x1b[1;1Hc\x1b[Jd\x1b[3;4fe\x1b[sf\x1b[ug\x1b[5dh\n", b"a\rb\rc\rd\re\rf\rg\rh\n"),
        (b"a^[[2Kb^[[A^[[Ac\n", b"a\rb\r\rc\n"),
        (b"1/9\x08\x08\x082/9\n", b"1/9\r2/9\n"),
        (b"\x1b7a\x1b8b\n", b"\ra\rb\n"),
        # colours and other styling
        (b"\x1b[92m    \xe2\x9c\x93 \x1b[0m\x1b[0mConverting\n", "    ✓ Converting\n".encode()),
        (b"^[[0;33mWARNING^[[0m: x\n", b"WARNING: x\n"),
        (b"\x1b[38;5;196mred\x1b[m \x1b[38:2::1:2:3mrgb\x1b[0m\n", b"red rgb\n"),
        (b"\x1b[01;31m\x1b[KError\x1b[m\x1b[K: 1\n", b"Error: 1\n"),
        (b"^[[01;31m^[[KError^[[m^[[K: 1\n", b"Error: 1\n"),
        (b"\x1b[?25la\x1b[?25h\x1b[?2004hb\x1b(Bc\x1b[md\x0f\n", b"abcd\n"),
        (b"^[[?25la^[(Bb\n", b"ab\n"),
        (b"\x1b]0;user@host: ~\x07$ ls\n", b"$ ls\n"),
        (b"^[]0;user@host: ~^G$ ls\n", b"$ ls\n"),
        (b"\x1b]8;;http://x/y\x1b\\link\x1b]8;;\x1b\\ b\n", b"link b\n"),
        # a lost escape before a date
        (b"^[2024-03-25 17:44:17,931 INFO\n", b"2024-03-25 17:44:17,931 INFO\n"),
        (b"\x1b2024-03-25 17:44:17,931 INFO\n", b"2024-03-25 17:44:17,931 INFO\n"),
        (b"\x1b8024-03-25\n", b"8024-03-25\n"),
        # the rest
        (b"a\0b\x01\x0b\x0cc\td\n", b"a" + REDRAWN + b"b" + REDRAWN * 3 + b"c\td\n"),
        (b"lost \x1b\xe2\x9c\x93 \x1b[12", b"lost " + REDRAWN + "✓ ".encode() + REDRAWN + b"[12"),
    ],
)
def test_a_line_is_cleaned(given, expected):
    assert cleaned(given) == expected


@pytest.mark.parametrize(
    "text", [b"^C", b"x^2 + y^[n]", b"grep '^[A-Z]'", b"'^[[A-Z]+$'", b"^^^ E999", b"[2024-05-01]"]
)
def test_plain_text_with_carets_stays(text):
    assert cleaned(text) == text


def test_a_title_without_an_end_does_not_swallow_the_next_line():
    assert cleaned(b"\x1b]0;title\nDuration: 1\x07\n").splitlines()[1].startswith(b"Duration: 1")


# what a terminal log is made of, so that the search finds sequences within sequences
PIECES = [
    *(b"\x1b ^[ ^[[ \x1b[ \x1b] ^[] 0 31 2024-05-01 m K A h ; ? - M ^ ^M ^G \\ [ ] ( B".split(b" ")),
    *(b"\r \r\n \n \t \x07 \x08 \x0f \x00 \x9b \xff \xfe \xe2 \xe2\x96 \xe2\x96\x88 \xef\xbb\xbf a".split(b" ")),
    b" ",
]
BYTES = st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)


@given(BYTES)
@example(b"^[^[[0m[0m")
@example(b"^" * 9 + b"[[0m" * 9)
@example(b"^\x1b[0mM")
@example(b"^[[A^[[0m-")
@example(b"^[^[[0m2024-05-01")
@example(b"^[]0;a\x01b^G")
@example(b"\xef\xbb\xbf\x1b[0m\xef\xbb\xbfa")
@example(b"\x1b[0m\xff\xfea")
@example(b"a\x1b[A\n")
def test_cleaning_gives_clean_utf8_and_twice_is_once(data):
    text, encoding = clean(data)
    text.decode()
    assert encoding in {"ascii", "utf-8", "utf-8-sig", "utf-16", "utf-8 (damaged)", "cp1252"}
    assert not any(code in text for code in range(32) if code not in b"\t\n\r")
    assert b"\r\n" not in text
    assert b"^M" not in text
    assert clean(text)[0] == text


@given(BYTES)
def test_cleaning_keeps_the_number_of_lines(data):
    text, encoding = clean(data)
    if encoding != "utf-16":
        assert text.count(b"\n") == data.count(b"\n")


@given(st.lists(st.sampled_from([b"plain\n", b"\n", b"\x1b[1mbold\n", b"1 %\r2 %\n", b"x^2\n", b"end\r\n", b"a\x08b"])))
def test_a_text_in_pieces_is_the_text_as_a_whole(lines):
    data = b"".join(lines)
    whole = read_one(data)
    with mock.patch.object(sources, "_PIECE", 8):
        assert read_one(data) == whole
    assert whole.text == b"".join(map(sources.clean_text, re.split(rb"(?<=\n)", data)))
    assert whole.lines == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@given(BYTES, BYTES)
@example(b"^[a", b"^[^[[0m[0m")
def test_a_line_is_cleaned_alike_whatever_stands_around_it(first, second):
    alone = sources.clean_text(first + b"\n"), sources.clean_text(second)
    assert sources.clean_text(first + b"\n" + second) == alone[0] + alone[1]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_utf16_keeps_the_number_of_lines(text):
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        result, encoding = clean(mark + text.encode(codec))
        assert (result.count(b"\n"), encoding) == (text.count("\n"), "utf-16")


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="^\ufeff\xa0\u2007\u202f"),
        max_size=200,
    )
)
def test_text_without_controls_is_not_changed(text):
    assert cleaned(text.encode()) == text.encode()


@given(st.binary(max_size=300))
def test_any_bytes_make_a_source(data):
    for given_bytes in (data, b"\x1f\x8b\x08" + data, gzip.compress(data)[: len(data) + 5]):
        source = read_one(given_bytes)
        assert (source.status == "text") == (source.encoding is not None)
        assert source.status == "text" or (source.text == b"" and source.reason)
        assert source.bytes == len(given_bytes)


@pytest.mark.skipif(not REAL_LOGS.is_dir(), reason="the real logs are not beside this checkout")
def test_real_logs_keep_their_lines_and_lose_their_escapes():
    sources = read(REAL_LOGS)
    assert len(sources) > 100
    for source in sources:
        stored = Path(source.name).read_bytes()
        assert source.status == "text", source
        assert source.lines == stored.count(b"\n") + (not stored.endswith(b"\n") and stored != b"")
        assert not any(mark in source.text for mark in (b"\x1b", b"^[[", b"^M", b"\r\n", b"\x08"))


# -- long lines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    [b"step 1 loss 0.5 ", b" 50%\r", b"\x1b[A\x1b[0m", b"^[", b"^[]", b"\x1b]", b"\r", b"^[[0m"],
)
def test_one_line_of_a_megabyte_is_read(piece):
    # A quadratic search would need hours for this; benchmarks/limits.py measures the time.
    source = read_one(piece * (1_000_000 // len(piece)) + b"end")
    assert (source.status, source.lines) == ("text", 1)


# -- margins ----------------------------------------------------------------------------------------------------------


def text_of(text: str) -> str:
    (source,) = sources.read_sources([text.encode()])
    return source.text.decode()


LINES = [f"step {n}, loss 0.{n}" for n in range(1, 41)]
MARGINS = {
    "quoted": "> {1}",
    "quoted twice": ">> {1}",
    "cat -n": "{0:6d}\t{1}",
    "grep -n": "{0}:{1}",
    "less -N": "{0:7d} {1}",
    "numbered with a bar": "{0:3d} | {1}",
    "a numbered quote": "> {0}: {1}",
    "a quoted number": "{0}: > {1}",
}


@pytest.mark.parametrize("form", MARGINS)
def test_a_margin_becomes_blanks_and_each_text_keeps_its_column(form: str) -> None:
    lines = [MARGINS[form].format(n, line) for n, line in enumerate(LINES, 1)]
    bare = text_of("\n".join(lines)).split("\n")
    assert [line.strip() for line in bare] == LINES
    assert [line.index("step") for line in bare] == [line.index("step") for line in lines]


@pytest.mark.parametrize(
    "lines",
    [
        LINES,
        ["> " + LINES[0], *LINES[1:]],
        ["> " + line if n % 2 else line for n, line in enumerate(LINES)],
        [f"{n}: {line}" for n, line in enumerate(LINES)],  # ranks begin at 0
        [f"{n % 4}: {line}" for n, line in enumerate(LINES)],
        [f"12:{n:02d}:00 {line}" for n, line in enumerate(LINES)],
        [f"{n}: {line}" for n, line in enumerate(reversed(LINES), 1)][::-1],
        ["> " + LINES[0]],
    ],
)
def test_what_does_not_stand_before_all_lines_or_is_no_number_of_lines_is_no_margin(lines: list[str]) -> None:
    assert text_of("\n".join(lines)) == "\n".join(lines)


def test_an_introduction_and_blank_lines_do_not_hide_a_quote() -> None:
    text = "On Monday, a user wrote:\n" + "\n".join("> " + line for line in LINES) + "\n\n"
    assert text_of(text) == text.replace("> ", "  ")


def test_blanks_at_which_no_line_is_broken_are_blanks_but_not_within_a_number() -> None:
    assert text_of("step\u00a05,\u2007loss\u202f0.5") == "step 5, loss 0.5"
    assert text_of("2024-04-10\u00a005:20:00") == "2024-04-10 05:20:00"
    assert text_of("12\u00a0345\u202f678 samples") == "12\u00a0345\u202f678 samples"


@pytest.mark.parametrize("form", MARGINS)
def test_a_log_with_a_margin_has_the_same_values_in_the_same_columns(form: str) -> None:
    log = Path(__file__).parents[1] / "sample_logs" / "cerebras" / "bert_large_batch_512.out"
    lines = log.read_text().split("\n")
    margins = [MARGINS[form].format(n, "") for n in range(1, len(lines) + 1)]
    text = "\n".join(margin + line for margin, line in zip(margins, lines, strict=True))
    plain, other = logparse.ingest(log), logparse.ingest(text.encode())
    assert other.runs.drop("source", "label").equals(plain.runs.drop("source", "label"))
    keys = ["column", "text", "line"]
    moved = plain.evidence.filter(plain.evidence["start"].is_not_null()).select(
        *keys,
        start=pl.col("start") + pl.col("line").cast(pl.Int64).map_elements(lambda n: len(margins[n - 1]), pl.Int64),
    )
    found = other.evidence.filter(other.evidence["start"].is_not_null()).select(*keys, pl.col("start").cast(pl.Int64))
    assert found.rows() == moved.rows()
