"""Places: the plan in whole classes, and the intake that fills them."""
