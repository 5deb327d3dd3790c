"""Draws Vega-Lite specifications as SVG that stands alone inside a page.

The drawing carries its title and description for screen readers, scales with the page, and has no
inline style, script or link, so that it passes a content security policy without exceptions.
"""

from __future__ import annotations

import html
import re
from typing import Any

Spec = dict[str, Any]

FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
INK = "#1a2530"
SOFT = "#55616d"
GRID = "#dfe4e8"
NAVY = "#0b4f8a"
BAND = "#a9c8e6"
ORANGE = "#b54a00"
TEAL = "#00705f"
GREY = "#6b7680"
PALE = "#c9d0d6"

_LOCALE = {"decimal": ",", "thousands": "\N{NARROW NO-BREAK SPACE}", "grouping": [3]}
_LOCALE |= {"currency": ["", ""]}

_CONFIG: Spec = {
    "background": None,
    "font": FONT,
    "padding": {"left": 2, "right": 4, "top": 4, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "labelLimit": 0,
        "labelFontSize": 12,
        "labelColor": SOFT,
        "titleFontSize": 12,
        "titleColor": SOFT,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": "#8c979f",
        "tickColor": "#8c979f",
    },
    "title": {"fontSize": 13, "color": INK, "anchor": "start", "fontWeight": "bold"},
    "text": {"fontSize": 12, "color": INK},
    "legend": {
        "orient": "top",
        "title": None,
        "labelFontSize": 12,
        "labelColor": INK,
        "symbolSize": 110,
        "columnPadding": 18,
        "labelLimit": 0,
        "offset": 10,
    },
}


def warm_up() -> None:
    """Start the drawing engine: its first drawing takes half a second longer than the next."""
    first = {"data": {"values": [{"x": 1}]}, "mark": "point", "encoding": {"x": {"field": "x"}}}
    draw(first, "first", "", "")


def draw(spec: Spec, name: str, title: str, description: str) -> str:
    """Draw a specification.

    Args:
        spec: Vega-Lite, data included.
        name: Prefix of every id in the drawing: unique on the page.
        title: What the chart is; read out first.
        description: What it shows, in words.

    Returns:
        An `<svg>` element.
    """
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(
        {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **spec, "config": _CONFIG},
        format_locale=_LOCALE,
        allowed_base_urls=[],
    )
    return _stand_alone(drawn, name, title, description)


def _stand_alone(drawn: str, name: str, title: str, description: str) -> str:
    head, body = drawn.split(">", 1)
    # The width stays as the drawing's own, so that text is never blown up; the page may shrink it.
    size = " ".join(re.findall(r'(?:viewBox|(?<=\s)width)="[^"]+"', head))
    # Inside role="img" the parts are not read out: their roles and labels are only weight, and a
    # label would repeat figures outside the control of the page.
    body = re.sub(r' (?:role|aria-[a-z]+|pointer-events|class)="[^"]*"', "", body)
    body = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", body)
    return (
        f'<svg {size} role="img" '
        f'aria-labelledby="{name}-title {name}-desc" focusable="false">'
        f'<title id="{name}-title">{html.escape(title)}</title>'
        f'<desc id="{name}-desc">{html.escape(description)}</desc>{body}'
    )
