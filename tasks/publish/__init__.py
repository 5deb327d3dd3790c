"""Publication: what a run found, as a report and a workbook that anyone may read.

The room reads a run folder and the published warehouse and writes files; every count of persons
passes `disclosure` on its way out, and every figure carries its source from `audit.vintage`.
"""
