"""What the rounds of a measurement come to."""
import statistics


def good(rows, **wanted):
    """The rows of a kind that did not fail."""
    return [row for row in rows if "failure" not in row and all(row.get(k) == v for k, v in wanted.items())]


def middle(rows, key):
    values = [row[key] for row in rows if row.get(key) is not None]
    return statistics.median(values) if values else None


def by_round(rows, others, key="cpu_us"):
    """Round and figures of each round that has both, so that a slow minute meets both."""
    second = {row["round"]: row[key] for row in others}
    return [(row["round"], row[key], second[row["round"]]) for row in rows if row["round"] in second]


def quotients(rows, others):
    return [one / other for _, one, other in by_round(rows, others)]


def spread_of(values, form="{:,.2f}"):
    """Median, and behind it the least and the most where they differ."""
    if not values:
        return "–"
    shown, least, most = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
    return shown if least == most else f"{shown} ({least}–{most})"


def spread(rows, key, form="{:,.0f}"):
    """The same of a figure of rows."""
    return spread_of([row[key] for row in rows if row.get(key) is not None], form)
