"""How good a forecast is: measures, benchmarks, rolling origins, calibrated intervals, choice.

Pure functions: frames and arrays in, arrays and frames out. `docs/method/evaluation.md` gives the
formulas and names the function that holds each of them.
"""
