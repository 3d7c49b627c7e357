"""`chain_tools exporter`: asks nodes on an interval what their own metrics do not tell, and shows it to Prometheus."""
