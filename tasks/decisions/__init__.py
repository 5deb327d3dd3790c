"""Decisions that can be made again: frozen when they are made, run again, and held against it.

`freeze` keeps what a decision stands on, `verify` says whether any of it was changed since, `rerun`
makes the figures again from landing, `figures` and `causes` tell what became different and why.
"""
