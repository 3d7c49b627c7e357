"""What others ask over HTTP: the manager's API, and the proxy before nodeos' chain API."""
