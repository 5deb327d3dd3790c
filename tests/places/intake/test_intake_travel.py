from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from intake_frames import BIG, FAR, FAR_HOME, HOME, OTHER, WHERE, frames
from intake_tools import rules

from tasks.errors import ConfigurationError
from tasks.places.intake import travel
from tasks.settings import Project

CENTRES = frames()["municipality_centre"]
HOMES = (HOME, OTHER, FAR_HOME, "9999")


def test_a_great_circle_is_as_long_as_it_is() -> None:
    quarter = travel.great_circle(np.array([[0.0, 0.0]]), np.array([[0.0, 90.0], [90.0, 0.0]]))
    assert quarter == pytest.approx(travel.EARTH_KM * np.pi / 2)
    # Trondheim to Oslo is some 390 km by air.
    here, there = np.array([[63.43, 10.40]]), np.array([[59.91, 10.75]])
    assert travel.great_circle(here, there)[0, 0] == pytest.approx(391, abs=3)


def test_the_fallback_is_marked_and_the_table_comes_before_it() -> None:
    rule = rules(speed=60.0, detour=1.5, least_minutes=10.0)
    table = pl.DataFrame(
        {
            "home_municipality_code": [HOME, "0301"],
            "organisation_number": [FAR, FAR],
            "minutes": [150, 20],
        }
    )
    minutes, estimated = travel.minutes(
        CENTRES, table, HOMES, (BIG, FAR), [WHERE[BIG], WHERE[FAR]], rule
    )
    assert minutes[0, 0] == 10.0
    assert minutes[0, 1] == 150.0
    assert estimated.tolist() == [[True, False], [True, True], [True, True], [True, True]]
    km = travel.great_circle(np.array([[64.01, 11.50]]), np.array([[63.42, 10.40]]))[0, 0]
    assert minutes[1, 0] == pytest.approx(1.5 * km)
    assert minutes[3, 0] == minutes[:3].max(), "those from elsewhere are far away"


def test_a_school_without_a_place_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="5035"):
        travel.minutes(CENTRES, None, HOMES, (BIG,), ["5035"], rules())


def test_every_municipality_of_the_county_has_a_centre() -> None:
    centres = pl.read_csv(Project().reference / "municipality_centre.csv", infer_schema=False)
    members = pl.read_csv(Project().reference / "region_membership.csv", infer_schema=False)
    members = members.filter(pl.col("region_code").str.starts_with("intake"))
    assert set(members["municipality_code"]) == set(centres["municipality_code"])
    assert centres["municipality_code"].n_unique() == len(centres)
