"""Closed-loop benchmark of the message path: `python -m tests.bench`."""
