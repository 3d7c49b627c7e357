"""Putting operator-held values into the cloud's secret store, and saying which are empty."""
