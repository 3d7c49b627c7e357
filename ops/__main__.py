"""`python -m ops` is `nodeyard`."""

from .app import app

app(prog_name="nodeyard")
