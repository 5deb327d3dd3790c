"""Charts with one row a programme or series: name, marks on a common axis, and the note in words.

Specifications as in `charts`: rows are ready to be shown, and the page is wide or narrow.
"""

from __future__ import annotations

import textwrap

from tasks.publish.charts import NARROW, WIDE, Rows, encode
from tasks.publish.svg import BAND, INK, NAVY, ORANGE, PALE, SOFT, TEAL, Spec

TONES = {"mangel": ORANGE, "overskudd": NAVY, "balanse": TEAL, "uavklart": "#a3adb5"}
STEP_TONES = {"tallet": NAVY, "trekker opp": TEAL, "trekker ned": ORANGE}
_NAMES = 210


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
    width = NARROW - 8 if narrow else WIDE - _NAMES - 12 - right
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


def change(rows: Rows, narrow: bool) -> Spec:
    """Expected change per programme in per cent: a dot with its interval, zero as a line."""
    axis = _axis("Endring i prosent") | {
        "format": "+,.0f",
        "labelExpr": "datum.value == 0 ? '0' : datum.label",
    }
    x = {"field": "p10", "type": "quantitative", "axis": axis}
    dot = {"type": "point", "filled": True, "color": NAVY, "size": 90, "opacity": 1}
    zero = {"type": "tick", "color": INK, "thickness": 1.5, "size": 16 if narrow else 30}
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "height": 9, "color": BAND},
            "encoding": encode(x=x, x2={"field": "p90"}),
        },
        {"mark": zero, "encoding": {"x": {"datum": 0, "type": "quantitative"}}},
        {"mark": dot, "encoding": encode(x="mean")},
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
        {"mark": {"type": "bar", "height": 15}, "encoding": encode(x=x, color=colour)},
        {"mark": line, "encoding": encode(x="low", x2={"field": "high"})},
        {"mark": dict(cap), "encoding": encode(x="low")},
        {"mark": dict(cap), "encoding": encode(x="high")},
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
            "encoding": encode(x=placed, color=colour),
        },
        {
            "transform": [
                {"calculate": f"'{names[1]}'", "as": "what"},
                {"calculate": "datum.placed + datum.unplaced", "as": "end"},
            ],
            "mark": dict(bar),
            "encoding": encode(x="placed", x2={"field": "end"}, color=colour),
        },
    ]
    return _rows(rows, narrow, layers, 210)


def steps(rows: Rows, narrow: bool, title: str) -> Spec:
    """From one figure to another: a bar a step, each beginning where the one before it ended.

    Args:
        rows: With `start`, `end` and `what`: `tallet`, `trekker opp` or `trekker ned`.
        narrow: Whether the page is.
        title: Of the axis.
    """
    used = [n for n in STEP_TONES if any(r["what"] == n for r in rows)]
    colour = _legend(used, [STEP_TONES[n] for n in used])
    colour["legend"]["symbolType"] = "square"
    ends = [0, *(r[end] for r in rows for end in ("start", "end"))]
    x: Spec = {"field": "start", "type": "quantitative", "axis": _axis(title)}
    x["scale"] = {"domain": [min(ends), max(ends)], "nice": True}
    nothing = {"datum": 0, "type": "quantitative"}
    zero = {"type": "tick", "color": INK, "thickness": 1.5, "size": 24 if narrow else 30}
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "height": 15},
            "encoding": encode(x=x, x2={"field": "end"}, color=colour),
        },
        {"mark": zero, "encoding": {"x": nothing}},
    ]
    return _rows(rows, narrow, layers, 80)


def track_record(rows: Rows, narrow: bool) -> Spec:
    """Mean absolute percentage error of the model and of its benchmark, per series and horizon."""
    axis = {**_axis("Gjennomsnittlig feil i prosent"), "format": ",.0f"}
    names = {"benchmark": "enkel sammenlikning", "mape": "modell"}
    return _rows(rows, narrow, _from_ring_to_dot(names, axis), 190)


def classes(rows: Rows, narrow: bool) -> Spec:
    """Classes per programme this year and in the plan."""
    names = {"now": "i år", "then": "i planen"}
    return _rows(rows, narrow, _from_ring_to_dot(names, _axis("Klasser")), 150)


def _from_ring_to_dot(names: dict[str, str], axis: Spec) -> list[Spec]:
    """A ring for the first field of `names`, a dot for the second, and a line between them."""
    (ring, ring_name), (dot, dot_name) = names.items()
    look = _ring_and_dot(ring_name, dot_name)
    point = {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1}
    x = {"field": dot, "type": "quantitative", "axis": axis, "scale": {"zero": True}}
    return [
        {
            "mark": {"type": "rule", "color": PALE, "strokeWidth": 3},
            "encoding": encode(x=x, x2={"field": ring}),
        },
        *(
            {
                "transform": [{"calculate": f"'{name}'", "as": "what"}],
                "mark": dict(point),
                "encoding": encode(x=field, **look),
            }
            for field, name in names.items()
        ),
    ]
