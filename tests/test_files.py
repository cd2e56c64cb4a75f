"""Files and streams that are odd, broken, endless or in the way: each gives one clear line and its exit code."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from conftest import SAMPLES, real_run, run

import logparse
import logparse.__main__ as entry
from logparse import storage
from logparse.reading import sources

GROQ = SAMPLES / "groq" / "bert_tiny_dummy_input.out"
SCRIPT = Path(sys.executable).parent / "logparse"
posix = pytest.mark.skipif(os.name != "posix", reason="needs the files of Unix")


# ---- output ---- #


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    storage.put(target, b"old")
    target.chmod(0o640)
    storage.put(target, b"new")
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(storage.os, step, full)
            with pytest.raises(OSError, match="No space left"):
                storage.put(target, b"half")
        assert target.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [target]


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(storage.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        storage.put(target, b"half")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@posix
def test_links_are_followed_and_devices_and_pipes_written_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    (tmp_path / "link").symlink_to("a.txt")
    storage.put(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    storage.put(os.devnull, b"gone")
    assert Path(os.devnull).is_char_device()
    piped = subprocess.run(
        ["bash", "-c", f"{SCRIPT} schema runs -o >(cat) --format csv | head -1"], capture_output=True, text=True
    )
    assert piped.stdout.startswith("frame,")


@posix
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    monkeypatch.setattr(storage.os, "access", lambda *_: False)
    with pytest.raises(PermissionError):
        storage.put(target, b"new")
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "a.csv", "-o", "a.csv"),
        ("runs", ".", "-o", "./a.csv"),
        ("runs", "*.csv", "-o", "b.csv"),
        ("explain", "a.csv", "-o", "a.csv"),
        ("runs", "--files-from", "list.txt", "-o", "list.txt"),
        ("runs", "--files-from", "list.txt", "-o", "a.csv"),
        ("chart", "duration", "a.csv", "--data", "a.csv", "--format", "json"),
        ("report", "a.csv", "--claims", "claims.txt", "-o", "claims.txt", "--format", "md"),
        ("runs", "a.csv", "--grammar", "own.py", "-o", "own.py", "--format", "csv"),
        ("compare", "a.csv", "-o", "a.csv"),
    ],
)
def test_an_output_over_an_input_is_refused(arguments: tuple[str, ...], desk: Path) -> None:
    log = GROQ.read_bytes()
    (desk / "a.csv").write_bytes(log)
    os.link(desk / "a.csv", desk / "b.csv")
    (desk / "list.txt").write_text("a.csv\n")
    (desk / "own.py").write_text("")
    (desk / "claims.txt").write_text("a.csv:epochs=20\n")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is one of the inputs, and writing it would destroy it" in " ".join(result.stderr.split())
    assert (desk / "a.csv").read_bytes() == log
    assert (desk / "list.txt").read_text() == "a.csv\n"


def test_a_damaged_write_of_frames_keeps_the_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = logparse.ingest(GROQ)
    logs.write(tmp_path)

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        logs.write(tmp_path)
    assert logparse.read(tmp_path).runs.equals(logs.runs)
    assert not list(tmp_path.glob(".*"))


# ---- standard streams ---- #


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


@posix
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"{SCRIPT} schema runs >&-", 2, "standard output is closed: give -o FILE"),
        (f"{SCRIPT} schema runs >/dev/full", 2, "cannot write standard output: No space left on device"),
        (f"{SCRIPT} schema --help >/dev/full", 2, "cannot write standard output: No space left on device"),
        (f"{SCRIPT} schema runs -o /dev/full --format csv", 2, "cannot write /dev/full: No space left on device"),
        (f"{SCRIPT} runs {GROQ} -o x.csv 2>&-", 0, ""),
        (f"{SCRIPT} findings {GROQ} --claims - <&-", 2, "standard input is closed: give the claims file as a path"),
    ],
)
def test_a_stream_that_is_closed_or_full(command: str, code: int, said: str, desk: Path) -> None:
    done = shell(command)
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


@posix
@pytest.mark.parametrize(
    ("source", "code", "reason"),
    [
        ("- <&-", 4, "Standard input is closed"),
        ("- </dev/zero", 4, "Standard input is a device, not a log"),
        ("/dev/zero", 4, "This is a device, not a file"),
        ("/proc/self/status", 4, "belongs to the system's kernel"),
        ("/proc/self", 4, "belongs to the system's kernel"),
        ("loop", 4, "a link that leads back to itself"),
        ("lost", 4, "which does not exist"),
        ("fifo_folder", 4, "This is a named pipe"),
        ("up", 4, "leads back to a folder above it"),
        ("a.zip", 3, "a zip archive"),
        ("a.tar.gz", 3, "a tar archive"),
    ],
)
def test_an_input_that_is_no_log_is_one_row_that_says_why(source: str, code: int, reason: str, desk: Path) -> None:
    (desk / "loop").symlink_to("loop")
    (desk / "lost").symlink_to("nowhere")
    (desk / "fifo_folder").mkdir()
    os.mkfifo(desk / "fifo_folder" / "pipe")
    (desk / "up").mkdir()
    (desk / "up" / "again").symlink_to(desk / "up")
    (desk / "a.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    (desk / "a.tar.gz").write_bytes(gzip.compress(b"a.out".ljust(257, b"\0") + b"ustar\x0000" + bytes(247)))
    done = shell(f"{SCRIPT} sources --format csv {source}")
    assert done.returncode == code
    assert reason in done.stdout
    assert "Traceback" not in done.stderr


def test_an_endless_stream_and_a_compression_bomb_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert size > 0
            return b"y\n" * (size // 2)

    monkeypatch.setattr(sources, "STREAM_LIMIT", 5 * 2**20)
    monkeypatch.setattr(sources, "UNPACK_LIMIT", 5 * 2**20)
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(bytes(20 * 2**20)))
    stream, packed = logparse.ingest([Endless(), bomb]).sources.select("status", "reason").rows()
    assert stream == ("unreadable", "It is longer than 5,242,880 bytes: put it into a file.")
    assert packed[0] == "unreadable"
    assert packed[1].startswith("It unpacks to more than 5,242,880 bytes")


def test_a_file_that_changes_or_vanishes_while_it_is_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.out"
    read = sources._stored

    def growing(found: sources._Found) -> bytes:
        data = read(found)
        with log.open("ab") as file:
            file.write(b"more\n")
        return data

    log.write_bytes(GROQ.read_bytes())
    monkeypatch.setattr(sources, "_stored", growing)
    row = logparse.ingest(log).sources.row(0, named=True)
    assert (row["status"], row["reason"]) == ("read", "It changed while it was read: read it again.")

    def vanishing(found: sources._Found) -> bytes:
        log.unlink()
        return read(found)

    monkeypatch.setattr(sources, "_stored", vanishing)
    row = logparse.ingest(log).sources.row(0, named=True)
    assert row["status"] == "unreadable"
    assert "is gone" in row["reason"]


def test_a_file_that_does_not_fit_into_memory_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object) -> None:
        raise MemoryError

    (tmp_path / "a.out").write_bytes(b"x")
    monkeypatch.setattr(sources, "open", too_large, raising=False)
    row = logparse.ingest(tmp_path / "a.out").sources.row(0, named=True)
    assert (row["status"], row["reason"]) == ("unreadable", "It does not fit into memory: cut it into several files.")


# ---- environment ---- #


@posix
def test_a_name_in_another_encoding_is_read_and_shown(desk: Path) -> None:
    name = os.fsencode(desk) + b"/caf\xe9.out"
    Path(os.fsdecode(name)).write_bytes(GROQ.read_bytes())
    for locale in ("C", "C.UTF-8"):
        done = real_run("runs", ".", "--format", "csv", env={**os.environ, "LC_ALL": locale}, encoding="utf-8")
        assert done.returncode == 0
        assert "caf\ufffd.out" in done.stdout


@posix
def test_no_home_no_terminal_type_and_an_ascii_locale_are_enough() -> None:
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    usual = real_run("ingest", GROQ)
    done = real_run("ingest", GROQ, env=bare, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, usual.stdout, "")
    assert real_run("chart", "--help", env=bare, encoding="utf-8").returncode == 0


@posix
def test_ctrl_c_ends_without_a_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "logparse", "ingest", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b"x\n" * 2**20)  # more than a pipe holds: it is being read
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_ctrl_c_while_the_program_is_loaded_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "logparse.cli", Interrupted())
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 130


def test_csv_for_spreadsheets_holds_no_formula_and_stored_frames_are_exact(tmp_path: Path) -> None:
    texts = ["=1+1", "+cmd|' /C calc'!A0", "--flag", "@sum", "\tx", "-3.5 %", "+1e-3", "plain", "a=b"]
    frame = pl.DataFrame({"text": texts, "number": [-1.5] * len(texts)})
    from logparse.text.terminal import dump

    cells = pl.read_csv(dump(frame, "x", "csv"))
    assert cells["text"].to_list() == [
        "'=1+1", "'+cmd|' /C calc'!A0", "'--flag", "'@sum", "'\tx", "-3.5 %", "+1e-3", "plain", "a=b",
    ]  # fmt: skip
    assert cells["number"].to_list() == [-1.5] * len(texts)
    log = GROQ.read_text() + "\nValueError: x\n$ python bert_tiny.py =1+1\n"
    logs = logparse.ingest(log.encode())
    logs.write(tmp_path / "csv", "csv")
    assert logparse.read(tmp_path / "csv").params.equals(logs.params)
