"""What the rounds of a measurement come to."""
import statistics


def good(rows, **wanted):
    """The rows of a kind that did not fail."""
    return [row for row in rows if "failure" not in row and all(row.get(k) == v for k, v in wanted.items())]


def middle(rows, key):
    values = [row[key] for row in rows if row.get(key) is not None]
    return statistics.median(values) if values else None


def spread(rows, key, form="{:,.0f}"):
    """Median, and behind it the least and the most where there was more than one."""
    values = [row[key] for row in rows if row.get(key) is not None]
    if not values:
        return "–"
    shown = form.format(statistics.median(values))
    return shown if len(values) == 1 else f"{shown} ({form.format(min(values))}–{form.format(max(values))})"
