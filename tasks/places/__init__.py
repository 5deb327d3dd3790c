"""Places: the plan in whole classes, and the intake that fills them.

`problem.build` lays out what is to be decided, `model.build` writes it as rows and columns,
`solve.plan` finds the plan goal by goal: `search.Search` one goal, `parts.Parts` what parts answer;
`conflicts` says why there is none.
"""
