"""What several platforms print: Slurm, PBS, progress bars, Python tracebacks and warnings, MPI rank tags.

These rules decide no platform and begin no run. The tokens at the top are for the vendors' grammars.
"""

from __future__ import annotations

import pyparsing as pp

from logparse.grammar import Grammar, Rule, blank, clock, in_unit, integer, real

# ---- tokens ---- #

mpi_tag = "[" + pp.Regex(r"[0-9]+") + "," + integer("rank") + "]<" + (pp.Literal("stdout") | "stderr") + ">:"
"""`[1,3]<stdout>:`: the tag that mpirun puts before each line of a rank."""

_rate = real("iteration_rate") + "it/s" | in_unit(real, "s/it")("iteration_rate") + "s/it" | pp.Regex(r"[^,\]]*")

bar = (
    pp.Regex(r"[0-9]+")
    + "%|"
    + pp.Regex(r"[^|\[]*")
    + "|"
    + blank
    + real("done")
    + "/"
    + real("total")
    + blank
    + "["
    + clock("elapsed")
    + "<"
    + (clock("remaining") | "?")
    + pp.Opt("," + blank + _rate)
    + pp.Opt(pp.Regex(r", [^\]]*"))
    + "]"
)
"""A tqdm bar with a known total: `100%|██████████| 20/20 [03:05<00:00,  9.28s/it]`."""

GRAMMAR = Grammar(
    name="common",
    title="what several platforms print",
    shared=True,
    rules=(
        Rule(
            "bar",
            "100%|██████████| 2210/2210 [00:04<00:00, 449.47it/s]",
            bar,
            marks="redraw",
        ),
    ),
)
