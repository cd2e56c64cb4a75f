"""Grammars in the user's cache folder: used where they are valid and only the user can have written them."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from logparse import user_cache
from logparse.errors import GrammarError
from logparse.grammar import cache, registry

GRAMMAR = """from logparse.grammar import Grammar, Metric, Rule, Take, real

GRAMMAR = Grammar(
    "mine", extends="graphcore", metrics=(Metric("energy", unit="J"),),
    rules=(Rule("energy", "[mine] energy 12.5", "[mine] energy " + real("energy")),),
)
"""
NO_RIGHTS = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such rights")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "logparse"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A grammar of the user."""
    path = tmp_path / "mine.py"
    path.write_text(GRAMMAR)
    return path


@pytest.fixture
def is_loaded(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], bool]:
    """Whether `compiled` has to load the grammar of the user from its file."""
    loaded = []
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda path: loaded.append(path) or load(path))

    def ask(path: Path) -> bool:
        loaded.clear()
        grammars = registry.compiled(path)
        assert [g.version for g in grammars if g.name == "graphcore"] == ["1 + mine 1"]
        return bool(loaded)

    return ask


def entries(home: Path) -> list[Path]:
    return sorted(home.iterdir()) if home.is_dir() else []


def fields(value: Any, *without: str) -> dict[str, object]:
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.name not in without}


# ---- what an entry has ---- #


def test_an_entry_has_all_that_reading_needs(home: Path, mine: Path) -> None:
    declared, stored = registry.chosen(mine), (registry.compiled(mine), registry.compiled(mine))[1]
    assert [g.name for g in stored] == [g.name for g in declared]
    for was, now in zip(declared, stored, strict=True):
        assert fields(now, "rules", "record_starts", "prefix") == fields(was, "rules", "record_starts", "prefix")
        assert (now.record_start, now.prefix_compiled) == (was.record_start, was.prefix_compiled)
        for old, new in zip(was.rules, now.rules, strict=True):
            assert fields(new, "expr") == fields(old, "expr")
            assert (new.compiled, new.pattern, new.id) == (old.compiled, old.pattern, old.id)


def test_with_an_entry_neither_pyparsing_nor_a_grammar_is_imported(home: Path, mine: Path) -> None:
    program = (
        "import sys; from logparse import ingest\n"
        f"ingest({str(ROOT / 'sample_logs/groq/bert_tiny_dummy_input.out')!r}, grammars={str(mine)!r})\n"
        "print([m for m in sys.modules if m == 'pyparsing' or m.startswith('logparse.grammars')] != [])"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in "12"
    ]
    assert [output.stdout.strip() for output in outputs] == ["True", "False"]


# ---- when it is used ---- #


def test_a_grammar_is_loaded_once_and_again_when_it_changes(home: Path, mine: Path, is_loaded: Callable) -> None:
    assert [is_loaded(mine), is_loaded(mine)] == [True, False]
    mine.write_text(GRAMMAR.replace("12.5", "13.5"))
    assert [is_loaded(mine), is_loaded(mine)] == [True, False]
    mine.write_text(GRAMMAR)
    assert not is_loaded(mine)
    mine.write_text(GRAMMAR.replace("12.5", "twelve"))
    with pytest.raises(GrammarError, match="does not match its own example"):
        registry.compiled(mine)


@pytest.mark.parametrize("line", ["import math", "from . import other", "text = open(__file__).read()"])
def test_a_grammar_that_depends_on_more_than_its_file_is_always_loaded(
    line: str, home: Path, mine: Path, is_loaded: Callable
) -> None:
    mine.write_text(GRAMMAR + f"if GRAMMAR.version == '1':\n    pass\nelse:\n    {line}\n")
    assert [is_loaded(mine), is_loaded(mine)] == [True, True]
    assert not entries(home)


def test_a_value_that_is_no_plain_data_is_not_stored(home: Path, mine: Path, is_loaded: Callable) -> None:
    mine.write_text(GRAMMAR.replace("rules=", "chance={1: 0.5}, rules="))
    assert [is_loaded(mine), is_loaded(mine)] == [True, True]


def test_the_version_of_pyparsing_is_part_of_the_key(
    tmp_path: Path, home: Path, mine: Path, is_loaded: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_loaded(mine)
    other = tmp_path / "pyparsing" / "__init__.py"
    other.parent.mkdir()
    other.write_text("__version__ = '9'")
    find_spec = cache.importlib.util.find_spec
    spec = cache.importlib.util.spec_from_file_location("pyparsing", other)
    monkeypatch.setattr(
        cache.importlib.util, "find_spec", lambda name: spec if name == "pyparsing" else find_spec(name)
    )
    assert is_loaded(mine)


def test_the_switch_turns_it_off(home: Path, mine: Path, is_loaded: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGPARSE_NO_CACHE", "1")
    assert [is_loaded(mine), is_loaded(mine), entries(home)] == [True, True, []]
    monkeypatch.setenv("LOGPARSE_NO_CACHE", "0")
    assert [is_loaded(mine), is_loaded(mine)] == [True, False]
    monkeypatch.setenv("LOGPARSE_NO_CACHE", "1")
    assert is_loaded(mine)


def test_few_entries_are_kept(home: Path, mine: Path, is_loaded: Callable) -> None:
    for n in range(user_cache.MOST_FILES + 2):
        mine.write_text(GRAMMAR + f"# {n}\n")
        assert is_loaded(mine)
    assert len(entries(home)) == user_cache.MOST_FILES
    assert not is_loaded(mine)


# ---- what is not trusted ---- #


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"mine", b"mime", 1),
        lambda data: b"\xff" * 100,
        lambda data: data[:64] + b"\n[]",
    ],
)
def test_a_damaged_entry_is_replaced(
    damage: Callable[[bytes], bytes], home: Path, mine: Path, is_loaded: Callable
) -> None:
    assert is_loaded(mine)
    (entry,) = entries(home)
    entry.write_bytes(damage(entry.read_bytes()))
    assert [is_loaded(mine), is_loaded(mine)] == [True, False]


def test_an_entry_is_not_taken_for_another(home: Path, mine: Path, is_loaded: Callable) -> None:
    assert is_loaded(mine)
    (first,) = entries(home)
    mine.write_text(GRAMMAR.replace("12.5", "13.5"))
    assert is_loaded(mine)
    (second,) = set(entries(home)) - {first}
    shutil.copyfile(first, second)
    assert is_loaded(mine)


@NO_RIGHTS
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(mode: int, home: Path, mine: Path, is_loaded: Callable) -> None:
    assert is_loaded(mine)
    home.chmod(mode)
    before = entries(home)
    assert is_loaded(mine)
    mine.write_text(GRAMMAR + "#\n")
    assert is_loaded(mine)
    assert entries(home) == before


@NO_RIGHTS
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_to_is_not_used(mode: int, home: Path, mine: Path, is_loaded: Callable) -> None:
    assert is_loaded(mine)
    entries(home)[0].chmod(mode)
    assert [is_loaded(mine), is_loaded(mine)] == [True, False]  # replaced by a file of one's own


@NO_RIGHTS
@pytest.mark.parametrize("whose", ["folder", "file"])
def test_what_another_user_owns_is_not_used(
    whose: str, home: Path, mine: Path, is_loaded: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_loaded(mine)
    name = "stat" if whose == "folder" else "fstat"
    original = getattr(os, name)

    def foreign(path: object, **extra: object) -> os.stat_result:
        status = original(path, **extra)
        is_meant = path == home if whose == "folder" else True
        return os.stat_result([*status[:4], status.st_uid + 1, *status[5:10]]) if is_meant else status

    monkeypatch.setattr(os, name, foreign)
    assert is_loaded(mine)
    monkeypatch.undo()


@NO_RIGHTS
@pytest.mark.parametrize("name", ["fifo", "folder", "dangling link"])
def test_an_entry_that_is_no_file_is_not_read(name: str, home: Path, mine: Path, is_loaded: Callable) -> None:
    assert is_loaded(mine)
    (entry,) = entries(home)
    entry.unlink()
    if name == "fifo":
        os.mkfifo(entry)
    elif name == "folder":
        entry.mkdir()
    else:
        entry.symlink_to("nowhere")
    assert is_loaded(mine)


# ---- where it cannot be kept ---- #


@pytest.mark.parametrize("place", ["file", "below a file"])
def test_it_works_without_a_folder(place: str, home: Path, mine: Path, is_loaded: Callable) -> None:
    blocked = home if place == "file" else home.parent
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("")
    assert [is_loaded(mine), is_loaded(mine)] == [True, True]


def test_it_works_on_a_full_or_read_only_disk(
    home: Path, mine: Path, is_loaded: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuses)
    assert [is_loaded(mine), is_loaded(mine), entries(home)] == [True, True, []]
    monkeypatch.setattr(os, "mkdir", refuses)
    shutil.rmtree(home)
    assert [is_loaded(mine), is_loaded(mine)] == [True, True]


def test_the_place_of_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert user_cache.folder() == tmp_path / ".cache" / "logparse"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert user_cache.folder() == tmp_path / "Library" / "Caches" / "logparse"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert user_cache.folder() == tmp_path / "Local" / "logparse"
    monkeypatch.delenv("LOCALAPPDATA")
    assert user_cache.folder() is None


def test_processes_at_once_see_whole_entries(home: Path, mine: Path) -> None:
    program = f"from logparse.grammar import registry; print(len(registry.compiled({str(mine)!r})))"
    processes = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in "123"]
    assert {process.communicate()[0].strip() for process in processes} == {str(len(registry.built_in()))}
    assert len(entries(home)) == 1
