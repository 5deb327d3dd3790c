"""The stage between staging and marts: carries every year's municipalities to today's borders."""

from __future__ import annotations

from datetime import date

import duckdb

from tasks import regions, warehouse

TABLE = "reference.municipality_carry"
NEEDS = (
    "staging.municipality",
    "staging.municipality_change",
    "reference.municipality_split_weights",
    "reference.region_membership",
)


def build(con: duckdb.DuckDBPyConnection, as_of: date) -> bool:
    """Make `reference.municipality_carry`: one row per year × old code × code of today.

    Columns are `year, from_code, to_code, weight`; the weights of a year and old code sum to one.
    Years run from the first that the staged changes reach to the year of `as_of`, whose borders
    on 1 January are today's. Only municipalities that end in one of the county's are carried.

    Returns:
        False where a table that it needs was not built; those that read it are then skipped.

    Raises:
        ConfigurationError: the changes cannot be followed (a split without declared weights), or
            the intake regions do not cover the county once.
    """
    if set(NEEDS) - set(warehouse.tables(con)):
        return False
    municipalities = con.sql("FROM staging.municipality").pl()
    members = con.sql(
        "SELECT m.* FROM reference.region_membership AS m "
        "JOIN reference.regions AS r USING (region_code) WHERE r.kind = 'intake'"
    ).pl()
    county = _codes_today(con, as_of)
    regions.check_partition(members, county)
    first = municipalities["valid_from"].min()
    start = first.year if isinstance(first, date) else as_of.year
    carried = regions.carry(
        con.sql("FROM staging.municipality_change").pl(),
        con.sql(
            "SELECT old_code, new_code, change_date::DATE AS change_date, weight::DOUBLE AS weight "
            "FROM reference.municipality_split_weights"
        ).pl(),
        range(start, as_of.year + 1),
        as_of.year,
        municipalities=municipalities,
        into=county,
    )
    con.register("carried", carried)
    con.execute(f"CREATE OR REPLACE TABLE {TABLE} AS FROM carried ORDER BY ALL")
    con.unregister("carried")
    return True


def _codes_today(con: duckdb.DuckDBPyConnection, as_of: date) -> list[str]:
    """The municipalities of the counties that the intake regions lie in, valid on `as_of`."""
    found = con.execute(
        "SELECT DISTINCT municipality_code FROM staging.municipality "
        "WHERE valid_from <= $day AND coalesce(valid_to > $day, TRUE) "
        "AND left(municipality_code, 2) IN "
        "(SELECT left(municipality_code, 2) FROM reference.region_membership) ORDER BY 1",
        {"day": as_of},
    ).fetchall()
    return [code for (code,) in found]
