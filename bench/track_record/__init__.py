"""What forecasts are worth on series that nobody here made, measured and written to a page."""
