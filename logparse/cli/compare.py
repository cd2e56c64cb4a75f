"""`logparse compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logparse.cli import GATE, _options

if TYPE_CHECKING:
    import polars as pl

    from logparse.comparison.compare import Comparison
    from logparse.gates import Outcome
    from logparse.logs import Logs


@click.command("compare")
@click.argument("names", nargs=-1, metavar="[RUN|PATH]...", type=click.Path(allow_dash=True))
@click.option("--by", metavar="COLUMN", help="Runs with the same value of this column of runs are one side.")
@click.option("--baseline", metavar="RUN|FILE", help="What the others are held against; else the first.")
@click.option("--at", multiple=True, metavar="POINT", help="Hold the sides at equal samples, steps, time, or loss=7.3.")
@click.option("--target", multiple=True, metavar="TARGET", help="Where each side first reached a target: loss<=7.3.")
@click.option("--clock", type=click.Choice(["train", "result", "wall"]), help="Show this clock only; else all three.")
@click.option("--per", type=click.Choice(["device", "rank"]), help="Divide rates by the number of these.")
@click.option("--fail-if", multiple=True, metavar="GATE", help="Exit with 5 beyond noise only: 'throughput<0.95x'.")
@click.option(
    "--on-unknown", type=click.Choice(["pass", "fail"]), default="pass", show_default=True,
    help="What a gate does that nobody can tell is met.",
)  # fmt: skip
@click.option("--strict", type=click.Choice(["warning", "error"]), help="Exit with 5 for findings this bad or worse.")
@click.option("--digits", type=click.IntRange(1, 15), help="At most so many digits; never more than were printed.")
@_options.saying
@_options.files_and_grammars
@_options.printing_also("junit", "github")
def command(
    names: tuple[str, ...],
    by: str | None,
    baseline: str | None,
    at: tuple[str, ...],
    target: tuple[str, ...],
    clock: str | None,
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
    """Put runs side by side and say what each difference is worth.

    RUN is an id, a label, a part of one, or a pattern with *; what is there in the file system is a PATH. Without a RUN
    all runs of the logs are compared. A row is a quantity; behind each value stand the ratio (or difference) to the
    baseline and what it is worth, given the noise that is known. Runs of other work are shown and not ranked.

    \b
    Examples:
      logparse compare first.out second.out
      logparse compare 'batch_*' sample_logs/cerebras --by batch_size --at samples
      logparse compare new.out --baseline old.out --fail-if 'throughput<0.95x' --format github
    """
    _options.is_table(format, output)
    runs, paths = _options.runs_and_paths(names) if names or files_from is None else ([], [])
    base_file = baseline if baseline is not None and Path(baseline).is_file() else None
    if base_file is not None:
        paths = [base_file, *(path for path in paths if Path(path) != Path(base_file))]
    said = _options.claims(claim, claims_file)
    logs = _options.read(paths, files_from, grammar)
    if not logs.runs.height:
        click.echo("no run in these logs: logparse explain PATH... shows how they are read", err=True)
        return _options.exit_code(logs)
    from logparse import gates
    from logparse.comparison.compare import compare
    from logparse.findings import findings

    wanted = [gates.gate(text) for text in fail_if]
    if base_file is not None:
        baseline = _only_run(logs, base_file)
        runs = [baseline, *runs] if runs else []
    made = compare(logs, runs, by=by, baseline=baseline, clock=clock, per=per, claims=said, at=at, target=target)
    found = findings(made, ignore=ignore)
    outcomes = gates.outcomes(made, wanted)
    _print(made, found, outcomes, format, output, digits, strict, on_unknown)
    return max(_options.exit_code(logs), _gates(outcomes, found, strict, on_unknown))


def _only_run(logs: Logs, file: str) -> str:
    """The id of the one job in the baseline's file. Raises `click.UsageError` where there is none, or more."""
    from logparse.comparison.jobs import jobs

    held = [job for job in jobs(logs.runs) if file in {run["source"] for run in job.runs}]
    if len(held) == 1:
        return held[0].id
    labels = ", ".join(job.label for job in held) or "none"
    raise click.UsageError(f"--baseline {file}: a file with one run is wanted, and this has {labels}; name the run")


def _print(
    made: Comparison,
    found: pl.DataFrame,
    outcomes: list[Outcome],
    format: str | None,
    output: str | None,
    digits: int | None,
    strict: str | None,
    on_unknown: str,
) -> None:
    from logparse import gates
    from logparse.pages import compare, compare_export
    from logparse.text import terminal

    chosen = _options.format_of(format, output)
    if chosen == "table":
        paint = terminal.Paint.of(sys.stdout if output is None else None)
        _options.put_text(compare.page(made, found, paint, digits), output)
    elif chosen == "md":
        _options.put_text(compare_export.markdown(made, found, digits), output)
    elif chosen == "latex":
        _options.put_text(compare_export.latex(made, found, digits), output)
    elif chosen == "junit":
        _options.put_text(gates.junit(outcomes, found, strict, on_unknown).rstrip(), output)
    elif chosen == "github":
        _options.put_text("\n".join(gates.github(outcomes, found, on_unknown)), output)
    else:
        _options.put(made.frame(), "comparison", format, output)


def _gates(outcomes: list[Outcome], found: pl.DataFrame, strict: str | None, on_unknown: str) -> int:
    """0, or 5 where a gate is not met; each that is not is told on stderr, and each that cannot be told too."""
    from logparse import gates

    code = 0
    for outcome in outcomes:
        if outcome.passed is not True:
            bad = gates.failed(outcome, on_unknown)
            state = "not met" if outcome.passed is False else f"cannot be told ({on_unknown})"
            click.echo(f"--fail-if {outcome.gate.text}: {state} by {outcome.side}: {outcome.text}", err=True)
            code = GATE if bad else code
    if gates.too_bad(found, strict):
        click.echo(f"--strict {strict}: there are findings this bad", err=True)
        code = GATE
    return code
