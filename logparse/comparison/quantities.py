"""The quantities that are compared: what each is, which direction is better, and when it can be compared."""

from __future__ import annotations

from dataclasses import dataclass

from logparse.schema import declared

CLOCKS = {
    "train": "training alone",
    "result": "everything except waiting",
    "wall": "everything including waiting",
}
"""Clock -> what it counts."""


@dataclass(frozen=True)
class Quantity:
    """One row of a comparison."""

    name: str
    """A column of `runs`, or a clock (`result_s`, `wall_s`)."""
    title: str
    unit: str | None
    better: str
    """`higher` or `lower`."""
    scale: str = "ratio"
    """How two values are compared: by `ratio` (durations, rates) or by `difference` (losses, scores)."""
    of_result: bool = True
    """Whether only a run that reached its end has it."""
    estimate: bool = False
    """Whether it is a compiler's estimate, never measured."""
    rate: bool = False
    """Whether it can be divided by devices or ranks."""
    of_budget: bool = False
    """Whether it depends on how much was trained: then it is compared only where that is the same."""
    pick: str | None = None
    """For a metric that a grammar declares: which of the values in `metrics` is that of the run."""

    @property
    def state(self) -> str | None:
        """The column of `runs` that qualifies this time: with different values there, times are not comparable."""
        return _STATES.get(self.name)

    @property
    def clock(self) -> str | None:
        """The name of the clock, where the quantity is one."""
        name = self.name.removesuffix("_s")
        return name if name in CLOCKS else None


BASIS = {
    "train_s": ("train_includes",),
    "throughput": ("throughput_window",),
    "score": ("score_name", "dataset"),
}
"""Quantity -> columns of `runs` that qualify it: values that differ there are no repeats of each other."""
_STATES = {"train_s": "train_includes", **dict.fromkeys(("compile_s", "result_s", "wall_s"), "compile_cache")}


def _seconds(
    name: str, title: str, of_result: bool = True, estimate: bool = False, of_budget: bool = False
) -> Quantity:
    return Quantity(name, title, "s", "lower", of_result=of_result, estimate=estimate, of_budget=of_budget)


QUANTITIES: dict[str, Quantity] = {
    q.name: q
    for q in (
        _seconds("train_s", "train", of_budget=True),
        _seconds("result_s", "result", of_budget=True),
        _seconds("wall_s", "wall", of_budget=True),
        _seconds("compile_s", "compile", of_result=False),
        _seconds("load_s", "load", of_result=False),
        _seconds("eval_s", "eval"),
        _seconds("checkpoint_s", "checkpoint"),
        _seconds("queue_s", "queue", of_result=False),
        _seconds("startup_s", "startup", of_result=False),
        Quantity("throughput", "throughput", "samples/s", "higher", rate=True),
        Quantity("steady_throughput", "steady throughput", "samples/s", "higher", rate=True),
        Quantity("token_throughput", "token throughput", "tokens/s", "higher", rate=True),
        _seconds("latency_s", "latency"),
        _seconds("on_chip_latency_s", "latency on chip", estimate=True),
        Quantity("on_chip_throughput", "throughput on chip", "samples/s", "higher", estimate=True),
        Quantity("loss", "loss", None, "lower", scale="difference", of_budget=True),
        Quantity("score", "score", None, "higher", scale="difference"),
    )
}
"""Name -> built-in quantity, in display order."""


def quantities() -> dict[str, Quantity]:
    """Name -> quantity, in display order: the built-in ones, and the metrics that grammars declare."""
    own = {
        name: Quantity(
            name, metric.doc, metric.unit, metric.better,
            scale="difference" if metric.unit in (None, "fraction") else "ratio", pick=metric.pick,
        )
        for name, metric in declared().items() if metric.better
    }  # fmt: skip
    return QUANTITIES | own


LOWER_SCORES = frozenset({"wer", "perplexity", "mean_squared_error", "loss"})
"""Scores for which lower is better."""
