"""The report in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from _correlations_report import Findings, comparison, interval, name, signed
from _correlations_scores import Scored

from zcnas.correlation import Correlation

NOTES = """\
- Coefficients are signed, and positive where scores work as declared. *Turned* scores were declared "lower is
  better" and multiplied by -1. No absolute value is taken anywhere, but in rows marked |Spearman|: there the sign
  was not published, and absolute values are compared.
- *NaN* scores (undefined or failed) are left out of the coefficients and counted; minus infinity is the lowest score.
  *Ties* counts architectures whose score another one has too.
- Intervals hold 95 % of the bootstrap resamples of architectures: chance in their choice, not in initialisations.
- *Top* is the share of the architectures that score highest which are among as many best; by chance it is k / n.
  *Regret* is what training gave the best architecture minus what it gave the best on such a list, in the truth's
  unit. Where the last place on a list is shared, both are means over all ways to fill it up.
- `params` and `flops` are baselines: what does not beat them has not earned its cost.
"""


def markdown(
    all_found: Sequence[Findings], scored: Scored, facts: Mapping[str, str], pictures: Mapping[str, Sequence[str]]
) -> str:
    """Facts, notes, and a section for every data set; ``pictures`` by data set, and under ``""`` for all."""
    parts = ["# Rank correlation of scores with what training gave", _table(["", ""], facts.items())]
    if scored.aside:
        parts.append(f"Left aside, as neither proxies nor declared: {', '.join(scored.aside)}.")
    for found in all_found:
        parts += [f"## {found.truth.dataset}", f"Truth: {found.truth.what}.", _correlations(found.correlations)]
        parts += [_picture(path) for path in pictures.get(found.truth.dataset, ())]
        parts += ["### Beside published figures", _comparison(found)]
    parts += ["## Among predictors", *map(_picture, pictures[""])] if pictures.get("") else []
    return "\n\n".join([*parts, "## How to read this", NOTES])


def _correlations(correlations: Mapping[str, Correlation]) -> str:
    shortlists = next(iter(correlations.values())).shortlists
    tops = [text for short in shortlists for text in (f"top {name(short.top)}", f"regret, top {name(short.top)}")]
    head = ["predictor", "Spearman", "95 %", "tau-b", "95 %", *tops, "n", "NaN", "ties", ""]
    return _table(head, (_correlation(name, one) for name, one in correlations.items()))


def _correlation(predictor: str, one: Correlation) -> list[str]:
    tops = [text for short in one.shortlists for text in (f"{100 * short.overlap:.1f} %", f"{short.regret:.2f}")]
    rho, tau = one.spearman, one.kendall
    end = [str(one.n), str(one.nans), str(one.ties), "turned" if one.turned else ""]
    return [f"`{predictor}`", signed(rho.value), interval(rho), signed(tau.value), interval(tau), *tops, *end]


def _comparison(found: Findings) -> str:
    compared = comparison(found)
    if not compared:
        return f"There are no published figures for {found.truth.dataset}."
    head = ["predictor", "metric", "found", "95 %", "published", "difference", "n published", "source"]
    return _table(head, compared)


def _picture(path: str) -> str:
    return f"![{path.rsplit('.', 1)[0].replace('_', ' ')}]({path})"


def _table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    # A bar would end the field.
    escaped = [[field.replace("|", "\\|") for field in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(head), ["---"] * len(head), *escaped])
