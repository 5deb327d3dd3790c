"""The intake simulator: drawn applicants, the county's rules, given places; nobody real in it."""
