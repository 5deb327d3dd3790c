"""The report's charts as Vega-Lite specifications: plain dicts, labels written in Norwegian.

Every function takes rows that are ready to be shown (closed cells left out by the caller) and
whether the page is narrow, and returns a specification. Widths are in pixels.
"""

from __future__ import annotations

from typing import Any

from tasks.publish.svg import (
    BAND,
    GREY,
    NAVY,
    ORANGE,
    SOFT,
    Spec,
)

Rows = list[dict[str, Any]]

WIDE = 850
NARROW = 336


def encode(**channels: Any) -> Spec:
    """Channels of an encoding; a bare name is a quantitative field."""
    return {
        name: {"field": value, "type": "quantitative"} if isinstance(value, str) else value
        for name, value in channels.items()
    }


def _layer(mark: Spec, data: Rows | None = None, **channels: Any) -> Spec:
    layer: Spec = {"mark": mark, "encoding": encode(**channels)}
    return layer if data is None else {"data": {"values": data}, **layer}


def _x(axis: Spec | None = None) -> Spec:
    """The year axis: every layer must say that it does not begin at year 0."""
    x: Spec = {"field": "year", "type": "quantitative", "scale": {"zero": False, "nice": False}}
    return x if axis is None else {**x, "axis": axis}


def _years(values: list[int]) -> Spec:
    return {"values": values, "format": "d", "grid": False, "title": None, "labelFlush": True}


def _course(
    rows: Rows, y: str, low: str, high: str, domain: tuple[float, float], axes: tuple[Spec, Spec]
) -> list[Spec]:
    """Band, registered line and dashed projected line that starts where the other ends."""
    x = _x(axes[0])
    scale = {"field": y, "type": "quantitative", "scale": {"domain": list(domain), "zero": False}}
    scale["axis"] = axes[1]
    registered = [r for r in rows if r["basis"] == "registered"]
    ahead = registered[-1:] + [r for r in rows if r["basis"] == "projected"]
    bounds: Spec = {"y": {**scale, "field": low}, "y2": {"field": high}}
    return [
        {"data": {"values": ahead}, **_layer({"type": "area", "color": BAND}, x=x, **bounds)},
        {
            "data": {"values": ahead},
            **_layer(
                {"type": "line", "color": NAVY, "strokeWidth": 2.5, "strokeDash": [6, 4]},
                x=x,
                y=scale,
            ),
        },
        {
            "data": {"values": registered},
            **_layer({"type": "line", "color": NAVY, "strokeWidth": 2.5}, x=x, y=scale),
        },
    ]


def _clear(rows: Rows, y: str, domain: tuple[float, float], height: int) -> int:
    """Where the first label stands free of the line: below one that rises, above one that falls."""
    near = [float(r[y]) for r in rows[1:6]]
    if min(near) >= rows[0][y] * 0.995:
        return 20
    bump = max(0.0, max(near) - float(rows[0][y])) / (domain[1] - domain[0]) * height
    return -round(12 + bump)


def _marked(
    rows: Rows, y: str, sides: dict[str, tuple[str, int]], size: int, last: str
) -> list[Spec]:
    """Dots and labels on the points that carry a `mark`: first, now, peak, last.

    The last label hangs from the field `last`, so that it can stand below the band.
    """
    x = _x()
    layers = [
        _layer(
            {"type": "point", "filled": True, "color": NAVY, "size": 55, "opacity": 1},
            [r for r in rows if r.get("mark")],
            x=x,
            y=y,
        )
    ]
    for mark, (align, dy) in sides.items():
        label = {"type": "text", "align": align, "dy": dy, "fontSize": size, "fontWeight": "bold"}
        chosen = [r for r in rows if r.get("mark") == mark]
        words = {"field": "label", "type": "nominal"}
        at = last if mark == "last" else y
        layers.append(_layer(label, chosen, x=x, y=at, text=words))
    return layers


def cohort(rows: Rows, narrow: bool) -> Spec:
    """The county's cohort over the years, the border between registered and projected marked."""
    low, high = min(r["p10"] for r in rows), max(r["p90"] for r in rows)
    border = max(r["year"] for r in rows if r["basis"] == "registered")
    span = high - low
    domain = (low - span * 0.16, high + span * 0.24)
    years = [r["year"] for r in rows]
    ticks = [y for y in years if y % (8 if narrow else 4) == 0]
    axes = (_years(ticks), {"title": None, "format": ",d", "tickCount": 5, "domain": False})
    top = {"value": 12}
    words = [
        {"year": border, "text": "◂ registrert", "align": "right"},
        {"year": border, "text": "framskrevet ▸", "align": "left"},
    ]
    notes = [
        _layer(
            {"type": "text", "align": w["align"], "dx": -6 if w["align"] == "right" else 6}
            | {"color": SOFT, "fontSize": 12},
            [w],
            x=_x(),
            y=top,
            text={"field": "text", "type": "nominal"},
        )
        for w in words
    ]
    rule = _layer({"type": "rule", "color": GREY, "strokeDash": [2, 3]}, [words[0]], x=_x())
    height = 270 if narrow else 330
    sides = {"first": ("left", _clear(rows, "persons", domain, height)), "now": ("right", -13)}
    sides |= {"peak": ("left", -14), "last": ("right", 24)}
    return {
        "width": (NARROW - 60) if narrow else (WIDE - 60),
        "height": height,
        "layer": [
            rule,
            *_course(rows, "persons", "p10", "p90", domain, axes),
            *_marked(rows, "persons", sides, 12 if narrow else 13, "persons"),
            *notes,
        ],
    }


def cohort_by_region(regions: dict[str, Rows], narrow: bool) -> Spec:
    """One small panel a region on one common scale: persons per hundred of the newest count."""
    every = [r for rows in regions.values() for r in rows]
    low, high = min(r["low"] for r in every), max(r["high"] for r in every)
    pad = (high - low) * 0.14
    columns = 2 if narrow else len(regions)
    width = 126 if narrow else 136
    border = max(r["year"] for r in every if r["basis"] == "registered")
    years = [min(r["year"] for r in every), border, max(r["year"] for r in every)]
    panels = []
    for place, (name, rows) in enumerate(regions.items()):
        first = place % columns == 0
        axis = {"title": None, "tickCount": 5, "labels": first, "ticks": first, "domain": False}
        axes = (_years(years), axis)
        domain = (low - pad, high + pad)
        sides = {"first": ("left", _clear(rows, "index", domain, 170)), "peak": ("center", -12)}
        sides["last"] = ("right", 12)
        title = {"type": "text", "align": "left", "fontSize": 13, "fontWeight": "bold"}
        top = {"x": {"value": 0}, "y": {"value": -14}, "text": {"value": name}}
        hundred = _layer({"type": "rule", "color": "#b3bdc4"}, [{"at": 100}], y="at")
        panels.append(
            {
                "width": width,
                "height": 170,
                "layer": [
                    hundred,
                    *_course(rows, "index", "low", "high", domain, axes),
                    *_marked(rows, "index", sides, 12, "low"),
                    {"data": {"values": [{}]}, "mark": title, "encoding": top},
                ],
            }
        )
    return {
        "concat": panels,
        "columns": columns,
        "bounds": "flush",
        "spacing": {"row": 70, "column": 24},
    }


def placement(rows: Rows, narrow: bool) -> Spec:
    """Placement in December, county and country; a flagged step is drawn as a break."""
    county = [r for r in rows if r["county"]]
    country = [r for r in rows if not r["county"]]
    low = min(r["percent"] for r in rows)
    floor = 10 * int((low - 8) // 10)
    x = {"field": "year", "type": "ordinal", "axis": {"title": None, "labelAngle": 0}}
    x["scale"] = {"padding": 0.35}
    y = {"field": "percent", "type": "quantitative", "scale": {"domain": [floor, 100]}}
    y["axis"] = {"title": None, "labelExpr": "datum.label + ' %'", "tickCount": 5, "domain": False}
    text = {"field": "label", "type": "nominal"}
    layers = []
    for series, colour, dy in ((country, GREY, -14), (county, NAVY, 18)):
        whole = [r for r in series if not r["flagged"]]
        line = {"type": "line", "color": colour, "strokeWidth": 2.5}
        dot = {"type": "point", "filled": True, "color": colour, "size": 75, "opacity": 1}
        word = {"type": "text", "dy": dy, "color": colour, "fontWeight": "bold"}
        layers += [
            _layer(line, whole, x=x, y=y),
            _layer(dot, whole, x=x, y=y),
            _layer(word, series, x=x, y=y, text=text),
        ]
    return {
        "width": (NARROW - 60) if narrow else 560,
        "height": 250,
        "layer": [*layers, *_break(county, x, y)],
    }


def _break(county: Rows, x: Spec, y: Spec) -> list[Spec]:
    """The step up to a flagged count, dotted and named."""
    flagged = [r | {"label": "mulig brudd"} for r in county if r["flagged"]]
    text = {"field": "label", "type": "nominal"}
    line = {"type": "line", "color": ORANGE, "strokeDash": [3, 4], "strokeWidth": 2}
    ring = {"type": "point", "filled": False, "color": ORANGE, "size": 110, "strokeWidth": 2.5}
    word = {"type": "text", "dy": 35, "color": ORANGE}
    steps = [
        _layer(line, county[place - 1 : place + 1], x=x, y=y)
        for place, row in enumerate(county)
        if row["flagged"] and place
    ]
    return [
        *steps,
        _layer({**ring, "opacity": 1}, flagged, x=x, y=y),
        _layer(word, flagged, x=x, y=y, text=text),
    ]
