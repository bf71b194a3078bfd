"""Charts as SVG: lines over a doubling axis and horizontal bars, readable in light and dark."""
import html
import math

WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 54, 52
# Apart in hue and lightness, so that they can be told apart in grey too; Fanfare's is the first.
COLOURS = ["#0f8a6a", "#8a8f98", "#c2410c", "#2563eb", "#9333ea", "#b45309", "#0e7490", "#be185d", "#4d7c0f"]
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2937 }
.title { font-size: 17px; font-weight: 600 } .note { fill: #6b7280; font-size: 12px }
.grid { stroke: #e5e7eb } .axis { stroke: #9ca3af } .back { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb } .note { fill: #9ca3af } .grid { stroke: #374151 } .axis { stroke: #6b7280 }
  .back { fill: #111827 }
}
</style>"""


def _document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">{STYLE}<rect class="back" width="{width}" height="{height}"/>'
            + "".join(parts) + "</svg>\n")


def _text(x, y, text, anchor="start", css=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{html.escape(str(text))}</text>'


def _line(x1, y1, x2, y2, css):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def _steps(highest):
    """Round marks from zero to at least the highest value."""
    rough = highest / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [step * n for n in range(math.ceil(highest / step - 1e-9) + 1)]


def _number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def lines(title, note, series, x_label):
    """The note names the unit. `series`: each line's label and points, x ascending and spaced by its logarithm."""
    xs = sorted({x for _, points in series for x, _ in points})
    marks = _steps(max(y for _, points in series for _, y in points))
    low, span = math.log2(xs[0]), max(1e-9, math.log2(xs[-1]) - math.log2(xs[0]))

    def place(x, y):
        return (LEFT + (math.log2(x) - low) / span * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y / marks[-1] * (HEIGHT - TOP - BOTTOM))
    parts = [_text(16, 24, title, css="title"), _text(16, 43, note, css="note")]
    for mark in marks:
        y = place(xs[0], mark)[1]
        parts += [_line(LEFT, y, WIDTH - RIGHT, y, "grid"), _text(LEFT - 8, y + 4, _number(mark), "end", "note")]
    for x in xs:
        at = place(x, 0)[0]
        parts += [_line(at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 5, "axis"),
                  _text(at, HEIGHT - BOTTOM + 20, f"{x:,}", "middle", "note")]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_label, "middle", "note"))
    return _document(WIDTH, HEIGHT, parts + _curves(series, place))


def _curves(series, place):
    parts, ends = [], []
    for (label, points), colour in zip(series, COLOURS):
        path = " ".join(f"{'ML'[i > 0]}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(place(*p) for p in points))
        width = 3 if label.startswith("Fanfare") else 2
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in (place(*p) for p in points)]
        ends.append((place(*points[-1])[1], label, colour))
    # Names stand beside the ends of their lines, moved apart where these meet.
    at = -math.inf
    for y, label, colour in sorted(ends):
        at = max(at + 17, y)
        parts.append(f'<circle cx="{WIDTH - RIGHT + 16}" cy="{at - 4:.1f}" r="5" fill="{colour}"/>')
        parts.append(_text(WIDTH - RIGHT + 28, at, label))
    return parts


def bars(title, note, rows, unit):
    """`rows`: label, value, the spread's least and most, and a remark behind the bar."""
    height = TOP + 30 * len(rows) + 14
    highest = max(most for _, _, _, most, _ in rows)
    left, room = 190, WIDTH - 190 - 190
    parts = [_text(16, 24, title, css="title"), _text(16, 43, note, css="note")]
    for at, (label, value, least, most, remark) in enumerate(rows):
        y = TOP + 30 * at + 8
        colour = COLOURS[0] if label.startswith("Fanfare") else COLOURS[1]
        end = left + value / highest * room
        parts += [_text(left - 10, y + 14, label, "end"),
                  f'<rect x="{left}" y="{y}" width="{max(1, end - left):.1f}" height="19" rx="3" fill="{colour}"/>']
        parts.append(_line(left + least / highest * room, y + 9.5, left + most / highest * room, y + 9.5, "axis"))
        parts.append(_text(left + most / highest * room + 8, y + 14, f"{_number(value)} {unit}{remark}"))
    return _document(WIDTH, height, parts)
