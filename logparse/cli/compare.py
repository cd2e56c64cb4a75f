"""`logparse compare`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from logparse.cli import GATE, _options, _since

if TYPE_CHECKING:
    import polars as pl

    from logparse.comparison.across import Across
    from logparse.comparison.blocks import Block
    from logparse.comparison.compare import Comparison
    from logparse.gates import GateResult
    from logparse.logs import Logs


@click.command("compare")
@click.argument(
    "names", nargs=-1, metavar="[RUN|PATH]...", type=_options.LogPath(), shell_complete=_options.complete_runs
)
@click.option(
    "--where", metavar="SQL", help="Compare only runs for which this SQL condition is true: platform = 'groq'."
)
@click.option(
    "--by", metavar="COLUMN", shell_complete=_options.complete_columns,
    help="Group runs with the same value of this column of `runs` into one side.",
)  # fmt: skip
@click.option(
    "--change", metavar="AGE|DATE",
    help="Compare the runs since this time with those before it, for each setting: 2024-04-01, 2024-04-01T12:00, 7d.",
)  # fmt: skip
@click.option(
    "--baseline", metavar="RUN|FILE|NAME", shell_complete=_options.complete_runs,
    help="Run, file or baseline of the store that the others are compared with (default: the first with a result).",
)  # fmt: skip
@_since.option
@click.option(
    "--at", multiple=True, metavar="POINT", shell_complete=_options.complete_points,
    help="Compare at equal samples, steps or time, or at loss=7.3.",
)  # fmt: skip
@click.option(
    "--target", multiple=True, metavar="TARGET", help="Show where each side first reached a target: loss<=7.3."
)
@click.option(
    "--clock", type=click.Choice(["train", "result", "wall"]), help="Show only this clock (default: all three)."
)
@click.option(
    "--across", is_flag=True, help="Compare each workload over the platforms on which it ran, in common units."
)
@click.option(
    "--device", multiple=True, metavar="PLATFORM=NAME",
    help="With --across: the device of a platform's runs, where no log states it (cerebras=CS-2).",
)  # fmt: skip
@click.option(
    "--devices", type=click.Path(dir_okay=False), metavar="FILE",
    help="With --across: TOML file that extends or replaces entries of the table of devices.",
)  # fmt: skip
@click.option("--per", type=click.Choice(["device", "rank"]), help="Divide rates by the number of devices or ranks.")
@click.option(
    "--fail-if", multiple=True, metavar="GATE", help="Exit with 5 if this is true beyond noise: 'throughput<0.95x'."
)
@click.option(
    "--on-unknown", type=click.Choice(["pass", "fail"]), default="fail", show_default=True,
    help="Result of a gate that cannot be decided, because the noise is not known, the difference may be chance, or "
    "the runs are not comparable.",
)  # fmt: skip
@click.option(
    "--strict", type=click.Choice(["warning", "error"]), help="Exit with 5 on a finding of this severity or worse."
)
@click.option(
    "--digits", type=click.IntRange(1, 15), help="Show at most this many digits, and never more than were printed."
)
@_options.labels
@_options.claims_and_ignore
@_options.files_and_grammars
@_options.stored
@_options.printing_also("junit", "github")
def command(
    names: tuple[str, ...],
    where: str | None,
    by: str | None,
    change: str | None,
    baseline: str | None,
    at: tuple[str, ...],
    target: tuple[str, ...],
    clock: str | None,
    across: bool,
    device: tuple[str, ...],
    devices: str | None,
    per: str | None,
    fail_if: tuple[str, ...],
    on_unknown: str,
    strict: str | None,
    digits: int | None,
    claim: tuple[str, ...],
    claims_file: str | None,
    ignore: tuple[str, ...],
    files_from: str | None,
    grammar: tuple[str, ...],
    format: str | None,
    output: str | None,
) -> int:
    """Compare runs side by side, with a verdict per difference.

    RUN is an id, a label, part of a label, or a pattern with *; an argument that exists in the file system is a PATH.
    Without a RUN, all runs in the logs are compared; if they are of several workloads, each workload has its own table.
    The first line of a table is the answer. Each value is followed by its ratio (or difference) to the baseline with
    its 95 % interval, and the verdict. Named runs are in one table; those of a different workload are not ranked. With
    --across, each workload that ran on several platforms has a table in common units instead; with --change, each
    setting has a table of the runs before and since a time.

    \b
    Examples:
      logparse compare first.out second.out
      logparse compare 'bert_large_batch_*' sample_logs/cerebras --by batch_size --at samples
      logparse compare --across sample_logs --device cerebras=CS-2
      logparse compare new.out --baseline old.out --fail-if 'throughput<0.95x' --format github
      logparse compare --baseline release-1 --since 7d
      logparse compare runs --change 2024-04-01
    """
    _options.is_table(format, output)
    earliest = _since.earliest()
    changed = _since.time_of("change", change) if change is not None else None
    if across:
        refused = {"change": change, "baseline": baseline, "at": at, "clock": clock, "per": per, "fail_if": fail_if}
        _refuse("with --across", **refused, strict=strict, ignore=ignore)
        if format in ("junit", "github"):
            raise click.UsageError(f"--format {format} does not apply with --across")
        if len(target) > 1:
            raise click.UsageError("--across takes one --target")
    else:
        _refuse("without --across", device=device)
    runs, paths = _options.runs_and_paths(names) if names else ([], [])
    _options.few_threads_for_little(paths)
    _require_points(at, target)
    base_file = baseline if baseline is not None and Path(baseline).is_file() else None
    if base_file is not None:
        paths = [base_file, *(path for path in paths if Path(path) != Path(base_file))]
    claims = _options.claims(claim, claims_file)
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo(_options.no_runs(logs, paths), err=True)
        return _options.exit_code(logs)
    if earliest is not None:
        runs = _since.recent(logs, runs, earliest)
    if across:
        from logparse.comparison.across import across as over_platforms

        found_tables = over_platforms(
            logs, runs, by=by or "group", target=next(iter(target), None), claims=claims, devices=devices, device=device
        )
        _print_across(found_tables, format, output, digits)
        return _options.exit_code(logs)
    import polars as pl

    from logparse import gates
    from logparse.comparison.blocks import compared
    from logparse.findings import findings

    conditions = [gates.gate(text) for text in fail_if]
    if base_file is not None:
        baseline = _only_run(logs, base_file)
    elif baseline is not None:
        baseline = _named_baseline(logs, baseline, by is not None)
    if (base_file is not None or earliest is not None) and baseline is not None and runs:
        runs = [baseline, *runs]
    blocks = compared(
        logs, runs, where=where, by=by, change=changed, baseline=baseline, clock=clock, per=per, claims=claims, at=at,
        target=target,
    )  # fmt: skip
    comparisons = [block.comparison for block in blocks if block.comparison is not None]
    if earliest is not None and change is None and by is None and baseline is None:
        _suggest_change(comparisons, len(runs) < logs.runs.height)
    found = [findings(comparison, ignore=ignore) for comparison in comparisons]
    results = [result for comparison in comparisons for result in gates.evaluate(comparison, conditions)]
    _print(blocks, found, results, format, output, digits, strict, on_unknown)
    return max(_options.exit_code(logs), _gates(results, pl.concat(found), strict, on_unknown))


def _require_points(at: Sequence[str], targets: Sequence[str]) -> None:
    """Raises `click.UsageError` for an invalid --at or --target."""
    if not at and not targets:
        return
    from logparse.comparison.equal import require_point, require_target
    from logparse.errors import UsageError

    for option, texts, require in (("at", at, require_point), ("target", targets, require_target)):
        for text in texts:
            try:
                require(text)
            except UsageError as error:
                raise UsageError(f"--{option}: {error.message}", error.remedy) from None


def _suggest_change(comparisons: Sequence[Comparison], are_earlier: bool) -> None:
    """Where --since leaves many sides of one run: how to compare them with the runs before."""
    from logparse.comparison.wording import has_many_single_runs

    sides = max((len(c.sides) for c in comparisons if has_many_single_runs(c)), default=0)
    if are_earlier and sides:
        since = _options.noted("since")
        click.echo(
            f"--since {since}: {sides} single runs side by side; --change {since} compares these with the runs before, "
            "for each setting",
            err=True,
        )


def _refuse(when: str, **options: object) -> None:
    """Raises `click.UsageError` for an option of the command line that does not apply; defaults in the settings file
    may be for the other kind of comparison."""
    ctx = click.get_current_context()
    for name, value in options.items():
        if value not in (None, ()) and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} does not apply {when}")


def _print_across(found: Across, format: str | None, output: str | None, digits: int | None) -> None:
    from logparse.pages import across
    from logparse.text import terminal

    chosen = _options.format_of(format, output)
    if chosen == "table":
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        _options.put_text(across.page(found, paint, digits), output)
    elif chosen == "md":
        _options.put_text(across.markdown(found, digits), output)
    elif chosen == "latex":
        _options.put_text(across.latex(found, digits), output)
    else:
        _options.put(found.frame(), "across", format, output)


def _named_baseline(logs: Logs, name: str, may_be_side: bool) -> str:
    """The job of the baseline of that name in the store; any other name as it is.

    Raises `click.UsageError` where the run of the baseline is not there, and, unless it may be the name of a side, for
    a name that is neither a baseline nor a run.
    """
    from logparse.errors import UsageError, near
    from logparse.selection import find_runs

    stored = _options.stored_baseline(logs, name)
    if stored is not None and stored != name:
        return stored
    if logs.read_at and not may_be_side:
        try:
            find_runs(logs.runs, name)
        except UsageError:
            named = list(filter(None, _options.baselines(logs)))
            hint = near(name, [*named, *logs.runs["label"]], alike=0.4) or f"baselines: {', '.join(named) or 'none'}"
            raise click.UsageError(f"no baseline and no run is called {name!r}; {hint}") from None
    return name


def _only_run(logs: Logs, file: str) -> str:
    """The id of the only job in the baseline's file. Raises `click.UsageError` where there is none, or several."""
    from logparse.comparison.jobs import jobs

    in_file = [job for job in jobs(logs.runs) if file in {run["source"] for run in job.runs}]
    if len(in_file) == 1:
        return in_file[0].id
    labels = ", ".join(job.label for job in in_file) or "none"
    raise click.UsageError(f"--baseline {file}: the file must contain exactly one run, not {labels}; name the run")


def _print(
    blocks: Sequence[Block],
    found: Sequence[pl.DataFrame],
    results: list[GateResult],
    format: str | None,
    output: str | None,
    digits: int | None,
    strict: str | None,
    on_unknown: str,
) -> None:
    import polars as pl

    from logparse import gates
    from logparse.pages import compare, compare_export
    from logparse.text import terminal

    chosen = _options.format_of(format, output)
    parts = [(block, block.comparison) for block in blocks if block.comparison is not None]
    if chosen == "table":
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        _options.put_text(compare.pages(blocks, found, paint, digits), output)
    elif chosen == "md":
        pages = [compare_export.page(b.heading, c, of, digits) for (b, c), of in zip(parts, found, strict=True)]
        _options.put_text("\n\n".join(pages), output)
    elif chosen == "latex":
        if len(parts) > 1:  # the macros of two tables would have the same names
            raise click.UsageError(
                "LaTeX needs runs of one workload: name them, or select them with --where \"workload = '...'\""
            )
        _options.put_text(compare_export.latex(parts[0][1], found[0], digits), output)
    elif chosen == "junit":
        _options.put_text(gates.junit(results, pl.concat(found), strict, on_unknown).rstrip(), output)
    elif chosen == "github":
        _options.put_text("\n".join(gates.github(results, pl.concat(found), on_unknown)), output)
    else:
        frames = [c.frame().select(pl.lit(block.heading).alias("block"), pl.all()) for block, c in parts]
        _options.put(pl.concat(frames), "comparison", format, output)


def _gates(results: list[GateResult], found: pl.DataFrame, strict: str | None, on_unknown: str) -> int:
    """0, or 5 where a gate failed. Each result is reported on stderr, in one line."""
    from logparse import gates

    code = 0
    for result in results:
        decided = f" ({on_unknown}ed by --on-unknown)" if result.passed is None else ""
        click.echo(f"--fail-if {result.line}{decided}", err=True)
        code = GATE if gates.failed(result, on_unknown) else code
    if gates.is_too_bad(found, strict):
        click.echo(f"--strict {strict}: there are findings of this severity or worse", err=True)
        code = GATE
    return code
