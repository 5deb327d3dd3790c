"""How long things are kept, and what goes when that is over.

`rules` reads what planners have decided, `evidence` gathers what lies there and who refers to it,
`plan` says what would go and why the rest stays, `work` does it. A stage of the night, and
`tilbudsplan prune`.
"""
