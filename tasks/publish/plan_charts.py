"""Charts of a plan beside its alternatives: a panel a goal, a row a plan, an axis of its own each.

Specifications as in `charts`. The plan is told from the others by more than its colour: its bar is
dark and theirs are pale with a line round them, so that the charts can be read in black and white.
"""

from __future__ import annotations

from collections.abc import Callable

from tasks.publish.charts import NARROW, WIDE, Rows, encode
from tasks.publish.svg import BAND, GREY, INK, NAVY, PALE, SOFT, Spec

Panels = dict[tuple[str, str], Rows]
"""Rows by title and unit of a goal. A row has `name`, and what its chart shows."""

_NAMES = 150
_OWN, _INTAKE = "planens egen regning", "inntaket, med 80 %-intervall"


def bars(panels: Panels, narrow: bool) -> Spec:
    """Each goal in each plan: rows have `value`, `text` and `mine` (whether it is the plan's)."""
    columns = 1 if narrow else 2
    width = (NARROW if narrow else WIDE // 2 - 20) - _NAMES
    return _side_by_side(panels, width, columns, _bars)


def _bars(rows: Rows) -> list[Spec]:
    # Room at the right for the figures.
    most = 1.5 * max(1e-9, *(row["value"] for row in rows))
    x: Spec = {"field": "value", "type": "quantitative", "axis": None}
    x["scale"] = {"domain": [0, most]}
    colour = {"condition": {"test": "datum.mine", "value": NAVY}, "value": PALE}
    bar = {"type": "bar", "height": 15, "stroke": GREY, "strokeWidth": 1}
    words = {"type": "text", "align": "left", "baseline": "middle", "dx": 6}
    text = {"field": "text", "type": "nominal"}
    return [
        {"mark": bar, "encoding": encode(x=x, color=colour)},
        {"mark": words, "encoding": encode(x=x, text=text)},
    ]


def intervals(panels: Panels, narrow: bool) -> Spec:
    """What the intake finds, with its interval, and what the plan reckons itself.

    Rows have `mean`, `p10`, `p90`, `own` (None: not reckoned) and `note`.
    """
    width = (NARROW if narrow else WIDE - 200) - _NAMES

    def layers(rows: Rows) -> list[Spec]:
        found = _intervals(narrow)
        if not narrow:
            words = {"type": "text", "align": "left", "baseline": "middle"}
            text = {"field": "note", "type": "nominal"}
            found.append({"mark": words, "encoding": {"x": {"value": width + 10}, "text": text}})
        return found

    return _side_by_side(panels, width, 1, layers)


def _intervals(narrow: bool) -> list[Spec]:
    axis = {"title": None, "format": ",d", "tickCount": 2 if narrow else 5, "domain": False}
    way = "vertical" if narrow else "horizontal"
    x: Spec = {"type": "quantitative", "axis": axis, "scale": {"zero": True}}
    look: Spec = {
        channel: {
            "field": "what",
            "type": "nominal",
            "scale": {"domain": [_OWN, _INTAKE], "range": colours},
            "legend": {"title": None, "symbolType": "circle", "direction": way},
        }
        for channel, colours in (("fill", ["#ffffff00", NAVY]), ("stroke", [SOFT, NAVY]))
    }
    band = {"type": "bar", "height": 9, "color": BAND, "stroke": GREY, "strokeWidth": 0.5}
    point = {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1}
    return [
        {"mark": band, "encoding": encode(x={**x, "field": "p10"}, x2={"field": "p90"})},
        *(
            {
                "transform": [
                    {"filter": f"isValid(datum.{field})"},
                    {"calculate": f"'{name}'", "as": "what"},
                ],
                "mark": dict(point),
                "encoding": encode(x={**x, "field": field}, **look),
            }
            for field, name in (("own", _OWN), ("mean", _INTAKE))
        ),
    ]


FRONT, OWN = "best sammen", "planen"


def front(rows: Rows, bounded: str, minimised: str, narrow: bool) -> Spec:
    """One goal against another, with what is proven as a whisker under each point.

    Args:
        rows: With `x`, `y`, `low` (no plan can be under it; None: not told) and `what`: `FRONT`
            or `OWN`.
        bounded: Title of the x axis.
        minimised: Title of the y axis.
        narrow: Whether the page is.
    """
    look: Spec = {
        channel: {
            "field": "what",
            "type": "nominal",
            "scale": {"domain": [FRONT, OWN], "range": colours},
            "legend": {"title": None, "symbolType": "circle"},
        }
        for channel, colours in (("fill", [NAVY, "#ffffff00"]), ("stroke", [NAVY, SOFT]))
    }
    axis: Spec = {"tickCount": 4 if narrow else 6, "format": ",~f", "domain": False}
    # A front is far from nothing in both goals; the axes say where they begin.
    scale = {"zero": False, "nice": True, "padding": 12}
    x: Spec = {"field": "x", "type": "quantitative", "axis": {**axis, "title": bounded}}
    y: Spec = {"field": "y", "type": "quantitative", "axis": {**axis, "title": minimised}}
    x, y = {**x, "scale": scale}, {**y, "scale": scale}
    low = {**y, "field": "low"}
    of_front = [{"filter": f"datum.what === '{FRONT}'"}]
    line = {"type": "line", "color": PALE, "strokeWidth": 2, "strokeDash": [4, 3]}
    whisker = {"type": "rule", "color": GREY, "strokeWidth": 1.5}
    cap = {"type": "tick", "color": GREY, "thickness": 1.5, "size": 9, "orient": "horizontal"}
    point = {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1}
    return {
        "data": {"values": rows},
        "width": (NARROW if narrow else WIDE - 200) - 70,
        "height": 260 if narrow else 320,
        "layer": [
            {"transform": of_front, "mark": line, "encoding": encode(x=x, y=y)},
            {
                "transform": of_front,
                "mark": whisker,
                "encoding": encode(x=x, y=low, y2={"field": "y"}),
            },
            {"transform": of_front, "mark": cap, "encoding": encode(x=x, y=low)},
            {"mark": point, "encoding": encode(x=x, y=y, **look)},
        ],
    }


def _side_by_side(
    panels: Panels, width: int, columns: int, layers: Callable[[Rows], list[Spec]]
) -> Spec:
    axis = {"title": None, "labelColor": INK, "ticks": False, "domain": False, "labelPadding": 6}
    axis["minExtent"] = axis["maxExtent"] = _NAMES - 10
    return {
        "columns": columns,
        "spacing": {"row": 22, "column": 20},
        "concat": [
            {
                "title": {"text": title, "subtitle": unit, "subtitleColor": SOFT, "frame": "group"},
                "data": {"values": rows},
                "width": width,
                "height": {"step": 24},
                "encoding": {"y": {"field": "name", "type": "nominal", "sort": None, "axis": axis}},
                "layer": layers(rows),
            }
            for (title, unit), rows in panels.items()
        ],
    }
