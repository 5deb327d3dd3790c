"""Speed, measured beside peers in one run: `python -m bench`."""
