"""The report's charts as Vega-Lite specifications: plain dicts, labels written in Norwegian.

Every function takes rows that are ready to be shown (closed cells left out by the caller) and
whether the page is narrow, and returns a specification. Widths are in pixels.
"""

from __future__ import annotations

import textwrap
from typing import Any

from tasks.publish.svg import (
    BAND,
    GREY,
    INK,
    NAVY,
    ORANGE,
    PALE,
    SOFT,
    TEAL,
    Spec,
)

Rows = list[dict[str, Any]]

TONES = {"mangel": ORANGE, "overskudd": NAVY, "balanse": TEAL, "uavklart": "#a3adb5"}
_NAMES = 210
_WIDE = 850
_NARROW = 336


def _encode(**channels: Any) -> Spec:
    return {
        name: {"field": value, "type": "quantitative"} if isinstance(value, str) else value
        for name, value in channels.items()
    }


def _layer(mark: Spec, data: Rows | None = None, **channels: Any) -> Spec:
    layer: Spec = {"mark": mark, "encoding": _encode(**channels)}
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
    sides = {"first": ("left", _clear(rows, "mean", domain, height)), "now": ("right", -13)}
    sides |= {"peak": ("left", -14), "last": ("right", 24)}
    return {
        "width": (_NARROW - 60) if narrow else (_WIDE - 60),
        "height": height,
        "layer": [
            rule,
            *_course(rows, "mean", "p10", "p90", domain, axes),
            *_marked(rows, "mean", sides, 12 if narrow else 13, "mean"),
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


def _rows(rows: Rows, narrow: bool, layers: list[Spec], right: int) -> Spec:
    """Lay out one row a category: its name at the left, or above on a narrow page.

    Args:
        rows: With `name` and `note`, in the order they are shown.
        narrow: Whether the page is.
        layers: Drawn on the rows; x is theirs.
        right: Pixels kept for the `note` at the right on a wide page.
    """
    y: Spec = {"field": "name", "type": "nominal", "sort": None, "title": None}
    if narrow:
        y["axis"] = None
    else:
        lines = {r["name"]: "|".join(textwrap.wrap(r["name"], 33)) for r in rows}
        y["axis"] = {
            "labelExpr": f"split({lines!r}[datum.label] || datum.label, '|')",
            "labelLimit": 0,  # names are wrapped above; a limit would measure each text many times
            "labelColor": INK,
            "labelLineHeight": 13,
            "ticks": False,
            "domain": False,
            "labelPadding": 8,
            "offset": 0,
            "minExtent": _NAMES,
        }
    width = _NARROW - 8 if narrow else _WIDE - _NAMES - 12 - right
    words: list[Spec] = []
    text = {"field": "note", "type": "nominal"}
    if narrow:
        name = {"field": "name", "type": "nominal"}
        above = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 12}
        bold = {**above, "dy": -19, "fontWeight": "bold"}
        words.append({"mark": bold, "encoding": {"x": {"value": 0}, "text": name}})
        words.append({"mark": {**above, "dy": -4}, "encoding": {"x": {"value": 0}, "text": text}})
        for layer in layers:
            layer["mark"] = {**layer["mark"], "yOffset": 13}
    else:
        mark = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 12}
        words.append({"mark": mark, "encoding": {"x": {"value": width + 10}, "text": text}})
    return {
        "data": {"values": rows},
        "width": width,
        "height": {"step": 56 if narrow else 30},
        "encoding": {"y": y},
        "layer": [*layers, *words],
    }


def _axis(title: str) -> Spec:
    return {"title": title, "format": ",d", "tickCount": 6, "orient": "bottom", "domain": False}


def now_and_expected(rows: Rows, narrow: bool) -> Spec:
    """Pupils now (ring) and expected (dot with interval) per programme."""
    axis = _axis("Elever")
    look = _ring_and_dot("nå", "ventet")
    point = {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1}
    range_ = {"type": "bar", "height": 9, "color": BAND}
    x = {"field": "p10", "type": "quantitative", "axis": axis}
    layers: list[Spec] = [
        {"mark": range_, "encoding": _encode(x=x, x2={"field": "p90"})},
        {
            "transform": [{"calculate": "'ventet'", "as": "what"}],
            "mark": dict(point),
            "encoding": _encode(x="mean", **look),
        },
        {
            "transform": [{"filter": "isValid(datum.now)"}, {"calculate": "'nå'", "as": "what"}],
            "mark": dict(point),
            "encoding": _encode(x="now", **look),
        },
    ]
    return _rows(rows, narrow, layers, 200)


def _ring_and_dot(ring: str, dot: str) -> dict[str, Spec]:
    """Fill and stroke that tell a ring from a dot, in the drawing and in its key."""
    fill = _legend([ring, dot], ["#ffffff00", NAVY])
    return {"fill": fill, "stroke": _legend([ring, dot], [SOFT, NAVY])}


def _legend(names: list[str], colours: list[str]) -> Spec:
    return {
        "field": "what",
        "type": "nominal",
        "scale": {"domain": names, "range": colours},
        "legend": {"title": None, "symbolType": "circle"},
    }


def balance(rows: Rows, narrow: bool) -> Spec:
    """Places minus need per programme: bars from zero, interval as a line, assessment as colour."""
    used = [t for t in TONES if any(r["what"] == t for r in rows)]
    colour = _legend(used, [TONES[t] for t in used])
    colour["legend"]["symbolType"] = "square"
    colour["legend"]["offset"] = 24
    axis = _axis("Plasser minus behov")
    # Room on both sides of zero for the words above it, also where all programmes have surplus.
    low, high = min(r["low"] for r in rows), max(r["high"] for r in rows)
    domain = [min(low, -0.45 * max(high, 1)), max(high, -0.45 * min(low, -1))]
    x: Spec = {"field": "mean", "type": "quantitative", "axis": axis, "scale": {"domain": domain}}
    line = {"type": "rule", "color": INK, "strokeWidth": 1.5}
    cap = {"type": "tick", "color": INK, "thickness": 1.5, "size": 9}
    layers = [
        {"mark": {"type": "bar", "height": 15}, "encoding": _encode(x=x, color=colour)},
        {"mark": line, "encoding": _encode(x="low", x2={"field": "high"})},
        {"mark": dict(cap), "encoding": _encode(x="low")},
        {"mark": dict(cap), "encoding": _encode(x="high")},
    ]
    nothing = {"datum": 0, "type": "quantitative"}
    zero = {"type": "tick", "color": INK, "thickness": 1.5, "size": 24 if narrow else 30}
    layers.append({"mark": zero, "encoding": {"x": nothing}})
    spec = _rows(rows, narrow, layers, 190)
    for text, align, dx in (("◂ for få plasser", "right", -6), ("for mange plasser ▸", "left", 6)):
        word = {"type": "text", "align": align, "dx": dx, "color": SOFT}
        where = {"x": nothing, "y": {"value": -9}, "text": {"value": text}}
        spec["layer"].append({"data": {"values": [{}]}, "mark": word, "encoding": where})
    return spec


def apprenticeship(rows: Rows, narrow: bool) -> Spec:
    """Applicants to apprenticeship per programme, expected with and without a place."""
    names = ["ventes å få plass", "ventes å stå uten plass"]
    colour = _legend(names, [NAVY, ORANGE])
    colour["legend"]["symbolType"] = "square"
    bar = {"type": "bar", "height": 15}
    placed = {"field": "placed", "type": "quantitative", "axis": _axis("Søkere til læreplass")}
    layers = [
        {
            "transform": [{"calculate": f"'{names[0]}'", "as": "what"}],
            "mark": dict(bar),
            "encoding": _encode(x=placed, color=colour),
        },
        {
            "transform": [
                {"calculate": f"'{names[1]}'", "as": "what"},
                {"calculate": "datum.placed + datum.unplaced", "as": "end"},
            ],
            "mark": dict(bar),
            "encoding": _encode(x="placed", x2={"field": "end"}, color=colour),
        },
    ]
    return _rows(rows, narrow, layers, 210)


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
        "width": (_NARROW - 60) if narrow else 560,
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


def track_record(rows: Rows, narrow: bool) -> Spec:
    """Mean absolute percentage error of the model and of its benchmark, per series and horizon."""
    look = _ring_and_dot("enkel sammenlikning", "modell")
    point = {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1}
    axis = {**_axis("Gjennomsnittlig feil i prosent"), "format": ",.0f"}
    x = {"field": "mape", "type": "quantitative", "axis": axis, "scale": {"zero": True}}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "color": PALE, "strokeWidth": 3},
            "encoding": _encode(x=x, x2={"field": "benchmark"}),
        },
        {
            "transform": [{"calculate": "'enkel sammenlikning'", "as": "what"}],
            "mark": dict(point),
            "encoding": _encode(x="benchmark", **look),
        },
        {
            "transform": [{"calculate": "'modell'", "as": "what"}],
            "mark": dict(point),
            "encoding": _encode(x="mape", **look),
        },
    ]
    return _rows(rows, narrow, layers, 190)
