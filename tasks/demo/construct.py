"""Build everything constructed in the bundled sample: `python -m tasks.demo.construct`.

What is published stands in `data/sample/published`, one source per row; classifications and schools
in `data/sample/klass` and `data/sample/nsr`; what is assumed in `data/sample/assumptions`.
Everything else in `data/sample` is written here, from those files and a seed, adds up to the
published figures, and is marked as constructed. Running it again gives the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tasks.demo import (
    construct_adults,
    construct_brreg,
    construct_centrality,
    construct_college,
    construct_county_tables,
    construct_dbh,
    construct_grep,
    construct_imdi,
    construct_indicators,
    construct_intake,
    construct_labour,
    construct_measures,
    construct_nav,
    construct_population,
    construct_pupils,
    construct_tables,
    construct_training,
    construct_udir,
    construct_vacancies,
    construct_vigo,
    construct_workforce,
)
from tasks.demo.construct_common import SAMPLE


def construct(out: Path = SAMPLE) -> None:
    """Write report pages, StatBank tables, files, registers and the vacancy feed under `out`."""
    construct_udir.write(out)
    construct_tables.write(out)
    construct_population.write(out)
    construct_pupils.write(out)
    construct_centrality.write(out)
    construct_labour.write(out)
    construct_county_tables.write(out)
    construct_nav.write(out)
    construct_vacancies.write(out)
    construct_dbh.write(out)
    construct_college.write(out)
    construct_brreg.write(out)
    construct_adults.write(out)
    construct_measures.write(out)
    construct_imdi.write(out)
    construct_workforce.write(out)
    construct_intake.write(out)
    construct_training.write(out)
    construct_indicators.write(out)
    construct_grep.write(out)
    construct_vigo.write(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=SAMPLE, help="folder to write to")
    construct(parser.parse_args().out)
