"""Prefect flows and the command line: order, concurrency, retries and parameters, nothing else."""
