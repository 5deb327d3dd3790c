"""Join: marts on today's borders, of what was staged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tasks import borders, profiles, transform
from tasks.assembly.stages import has_sources, hold_against, validated_beside
from tasks.assembly.state import Assembly, Fault, is_typed, weighed_against
from tasks.errors import TilbudsplanError, ValidationFailed
from tasks.origins import Origins
from tasks.transform import Table


def join(night: Assembly) -> Fault | None:
    """Carry borders and build the marts; the first fault that new figures may be to blame for."""
    tables = {table.name: table for table in night.tables}
    try:
        carry(night)
    except TilbudsplanError as error:
        stems = [s for need in borders.NEEDS for s in transform.lineage(tables, need)]
        return Fault(None, tuple(stems), error, [])
    marts = [table for table in night.tables if not is_typed(table)]
    make = maker(night, marts)
    with validated_beside(night, marts) as built:
        for table in marts:
            try:
                make(table)
            except TilbudsplanError as error:
                stems = transform.lineage(tables, table.name)
                return Fault(table.name, tuple(stems), error, [])
            built(table.name)
    broken = [r for t in marts for r in night.results.get(t.name, ()) if night.blocks(r)]
    if not broken:
        return None
    failed = [result for result in broken if result.table == broken[0].table]
    refusal = ValidationFailed(
        subject=failed[0].table,
        expected="at tabellen holder forventningene som stopper publisering",
        got="; ".join(str(result) for result in failed),
        remedy="rett SQL-filen eller forventningen; gårsdagens varehus står urørt",
    )
    # A suite may hold the mart against tables that it is not made of.
    weighed = [failed[0].table, *weighed_against(night, failed)]
    stems = [s for t in weighed for s in transform.lineage(tables, t)]
    return Fault(failed[0].table, tuple(stems), refusal, failed)


def carry(night: Assembly) -> None:
    """Make what carries figures over changes of borders, and own regions on those of today."""
    borders.load_carry(night.con, night.as_of)
    borders.load_own_regions(night.con, night.as_of)


def maker(night: Assembly, marts: Iterable[Table]) -> Callable[[Table], None]:
    """Give what builds marts on the vintages of now, held against those before; not checked yet."""
    tables = {table.name: table for table in night.tables}
    origins = Origins(night.tables, night.catalogue, night.as_of, night.landed_on)
    for table in marts:
        below = set(transform.lineage(tables, table.name))
        hold_against(night, [table.name], [d for d in night.catalogue if d.table in below])

    def make(table: Table) -> None:
        if has_sources(night, table):
            transform.build(night.con, table, origins.of(table, night.vintages))
            profiles.of_table(night.con, table, night.profiled)

    return make
