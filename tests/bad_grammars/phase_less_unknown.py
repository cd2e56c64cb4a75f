"""there is no phase 'compiling'
where: acme, phase train, less
help: there are train"""

from __future__ import annotations

from logparse.grammar import Grammar, Reported, Rule, real

GRAMMAR = Grammar(
    name="acme",
    title="Acme",
    rules=(Rule("done", "acme: done in 12.5 s", "acme: done in " + real("duration") + " s", marks="telling result"),),
    phases=(Reported("train", "done.duration", less="compiling#1"),),
)
