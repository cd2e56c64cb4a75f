"""Defaults of options from configuration files.

Two files are read: the user's own, and the first `logparse.toml` or `[tool.logparse]` in `pyproject.toml` in this
folder or a folder above it. The folder's file overrides the user's. A folder may come from someone else (an unpacked
archive, a clone), so its file may not run code or write files: options that do so are accepted only in the user's own.

A top-level key sets the option for every command that has it; a table named after a command sets it for that command.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from logparse.cli._options import Code, SecondsAndCommand, Written
from logparse.errors import nearest


@dataclass(frozen=True)
class _File:
    """A configuration file, and whether it is the user's own."""

    path: Path
    settings: Mapping[str, Any]
    own: bool


def defaults(ctx: click.Context) -> dict[str, Any] | None:
    """The `default_map` of click: command -> option -> value; None where no configuration file sets one.

    Raises `click.UsageError` for a file that is not valid TOML, for a key that no command knows, and for an option that
    the file may not set.
    """
    files = [file for file in (_of_user(), _of_folder(Path.cwd())) if file is not None and file.settings]
    if not files:
        return None
    assert isinstance(ctx.command, click.Group)
    commands = {name: ctx.command.get_command(ctx, name) for name in ctx.command.list_commands(ctx)}
    options = {name: _options(command) for name, command in commands.items() if command is not None}
    out: dict[str, Any] = {name: {} for name in options}
    for file in files:
        for name, values in _values(file, options).items():
            out[name] |= values
    return out


def user_file() -> Path | None:
    """The user's own configuration file, whether it exists or not; None where the user has no home.

    It is the file that `LOGPARSE_CONFIG` names, else `logparse/config.toml` in `XDG_CONFIG_HOME`, else `config.toml` in
    the platform's folder for the settings of programs.
    """
    if named := os.environ.get("LOGPARSE_CONFIG"):
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base, "logparse") if os.path.isabs(base) else Path(click.get_app_dir("logparse"))
    # Without a home the path stays relative (`~/.config`): that would be a file of the current folder.
    return folder / "config.toml" if folder.is_absolute() else None


def _of_user() -> _File | None:
    path = user_file()
    if path is None or not (path.exists() or "LOGPARSE_CONFIG" in os.environ):
        return None
    return _File(path, _read(path), True)


def _of_folder(start: Path) -> _File | None:
    for folder in (start, *start.parents):
        for name in ("logparse.toml", "pyproject.toml"):
            path = folder / name
            if not path.is_file():
                continue
            settings = _read(path)
            if name == "pyproject.toml":
                settings = settings.get("tool", {}).get("logparse")
            if settings is not None:
                return _File(path, settings, False)
    return None


def _read(path: Path) -> Any:
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from None


def _values(file: _File, options: Mapping[str, Mapping[str, click.Parameter]]) -> dict[str, dict[str, Any]]:
    """Command -> option -> value, as the file sets them."""
    known = {option for of_command in options.values() for option in of_command}
    tables = {key: value for key, value in file.settings.items() if isinstance(value, dict)}
    everywhere = {_plain(key): value for key, value in file.settings.items() if not isinstance(value, dict)}
    _refuse_unknown(file.path, "", tables, options)
    _refuse_unknown(file.path, "", everywhere, known)
    out = {}
    for name, of_command in options.items():
        table = {_plain(key): value for key, value in tables.get(name, {}).items()}
        _refuse_unknown(file.path, f"{name}.", table, of_command)
        chosen = {key: value for key, value in everywhere.items() if key in of_command} | table
        for key in chosen:
            _refuse_untrusted(file, key, of_command[key])
        out[name] = {key: _from(file.path.parent, of_command[key], value) for key, value in chosen.items()}
    return out


def _options(command: click.Command) -> dict[str, click.Parameter]:
    return {p.name: p for p in command.params if isinstance(p, click.Option) and p.name}


def _plain(key: str) -> str:
    return key.replace("-", "_")


def _refuse_unknown(path: Path, table: str, keys: Iterable[str], known: Iterable[str]) -> None:
    names = [name.replace("_", "-") for name in known]
    for key in keys:
        shown = key.replace("_", "-")
        if shown not in names:
            raise click.UsageError(f"{path}: unknown key {table + shown!r}; {nearest(shown, sorted(names))}")


_UNTRUSTED = {Code: "runs the code of a file", SecondsAndCommand: "runs a command", Written: "writes a file"}
"""Type of an option -> what it does that the configuration of a folder may not cause."""


def _refuse_untrusted(file: _File, key: str, option: click.Parameter) -> None:
    """Raises `click.UsageError` for an option that runs code or writes files, unless the file is the user's own."""
    effect = next((effect for kind, effect in _UNTRUSTED.items() if isinstance(option.type, kind)), None)
    if effect is None:
        return
    name = max(option.opts, key=len)
    if not file.own:
        place = user_file()
        raise click.UsageError(
            f"{file.path}: the configuration of a folder may not set {key.replace('_', '-')!r}, which {effect}: give "
            f"{name} FILE on the command line{f', or set it in your own configuration file {place}' if place else ''}"
        )
    if problem := _writable_by_others(file.path):
        raise click.UsageError(
            f"{file.path}: {key.replace('_', '-')!r} {effect}, and {problem}: chmod go-w, or give {name} FILE on the "
            "command line"
        )


def _writable_by_others(path: Path) -> str | None:
    """Why others than the user may change the file; None if they may not, or where the system has no such rights."""
    if not hasattr(os, "getuid"):
        return None
    real = path.resolve()
    for place, word in ((real, "the file"), (real.parent, f"its folder {real.parent}")):
        status = place.stat()
        if status.st_uid not in (os.getuid(), 0):
            return f"{word} belongs to another user"
        sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX  # only the owner may replace the file
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not sticky:
            return f"{word} is writable by others"
    return None


def _from(folder: Path, option: click.Parameter, value: Any) -> Any:
    """Paths in the configuration file are relative to its folder."""
    if not isinstance(option.type, click.Path):
        return value
    return [_from(folder, option, one) for one in value] if isinstance(value, list) else str(folder / value)
