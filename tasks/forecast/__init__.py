"""The forecast: pupils, applicants and intake need by programme area, home and year.

Pure functions: frames and arrays in, arrays and frames out. No file, database or clock is read.
`docs/method.md` gives the formulas and names the function that holds each of them.
"""
