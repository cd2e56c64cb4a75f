"""Defaults from `logparse.toml` or `[tool.logparse]` in `pyproject.toml`, in this folder or the nearest parent.

A top-level key sets the option for every command that has it; a table named after a command sets it for that command.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from logparse.errors import nearest


def defaults(ctx: click.Context) -> dict[str, Any] | None:
    """The `default_map` of click: command -> option -> value; None where there is no settings file.

    Raises `click.UsageError` for a file that is not valid TOML and for a key that no command knows.
    """
    found = _settings(Path.cwd())
    if found is None:
        return None
    path, settings = found
    assert isinstance(ctx.command, click.Group)
    commands = {name: ctx.command.get_command(ctx, name) for name in ctx.command.list_commands(ctx)}
    options = {name: _options(command) for name, command in commands.items() if command is not None}
    known = {option for of_command in options.values() for option in of_command}
    tables = {key: value for key, value in settings.items() if isinstance(value, dict)}
    everywhere = {_plain(key): value for key, value in settings.items() if not isinstance(value, dict)}
    _refuse_unknown(path, "", tables, options)
    _refuse_unknown(path, "", everywhere, known)
    out: dict[str, Any] = {}
    for name, of_command in options.items():
        table = {_plain(key): value for key, value in tables.get(name, {}).items()}
        _refuse_unknown(path, f"{name}.", table, of_command)
        chosen = {key: value for key, value in everywhere.items() if key in of_command} | table
        out[name] = {key: _from(path.parent, of_command[key], value) for key, value in chosen.items()}
    return out


def _settings(start: Path) -> tuple[Path, Mapping[str, Any]] | None:
    for folder in (start, *start.parents):
        for name in ("logparse.toml", "pyproject.toml"):
            path = folder / name
            if not path.is_file():
                continue
            settings = _read(path)
            if name == "pyproject.toml":
                settings = settings.get("tool", {}).get("logparse")
            if settings is not None:
                return path, settings
    return None


def _read(path: Path) -> Any:
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from None


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


def _from(folder: Path, option: click.Parameter, value: Any) -> Any:
    """Paths in the settings file are relative to its folder."""
    if not isinstance(option.type, click.Path):
        return value
    return [_from(folder, option, one) for one in value] if isinstance(value, list) else str(folder / value)
