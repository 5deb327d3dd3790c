"""Supply: the student flow from grade 10 to certificate, study competence and drop-out.

`states` is the space, `transitions`, `survival` and `apprentices` estimate what moves people in it,
`cohort` says who comes in, `assemble` builds the model from the marts' frames, and `engine` draws
futures. Formulas and references stand in `docs/method/flow.md`.
"""
