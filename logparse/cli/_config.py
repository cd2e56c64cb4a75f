"""Defaults from `logparse.toml` or `[tool.logparse]` in `pyproject.toml`, here or in the nearest folder above.

A key at the top is an option of every command that has it; a table named like a command is for that command alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from logparse.errors import near


def defaults(ctx: click.Context) -> dict[str, Any] | None:
    """What click takes as `default_map`: command -> option -> value; None where there is no such file.

    Raises `click.UsageError` for a file that is no TOML and for a key that no command knows.
    """
    found = _settings(Path.cwd())
    if found is None:
        return None
    path, settings = found
    assert isinstance(ctx.command, click.Group)
    commands = {name: ctx.command.get_command(ctx, name) for name in ctx.command.list_commands(ctx)}
    options = {name: _options(command) for name, command in commands.items() if command is not None}
    known = {option for of in options.values() for option in of}
    own = {key: value for key, value in settings.items() if isinstance(value, dict)}
    everywhere = {_plain(key): value for key, value in settings.items() if not isinstance(value, dict)}
    _refuse_unknown(path, "", own, options)
    _refuse_unknown(path, "", everywhere, known)
    out: dict[str, Any] = {}
    for name, of in options.items():
        here = {_plain(key): value for key, value in own.get(name, {}).items()}
        _refuse_unknown(path, f"{name}.", here, of)
        chosen = {key: value for key, value in everywhere.items() if key in of} | here
        out[name] = {key: _from(path.parent, of[key], value) for key, value in chosen.items()}
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
            hint = near(shown, names) or f"known are {', '.join(sorted(names))}"
            raise click.UsageError(f"{path}: unknown key {table + shown!r}; {hint}")


def _from(folder: Path, option: click.Parameter, value: Any) -> Any:
    """A path in the file is meant from where the file stands."""
    if not isinstance(option.type, click.Path):
        return value
    return [_from(folder, option, one) for one in value] if isinstance(value, list) else str(folder / value)
