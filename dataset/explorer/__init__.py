"""The events as a web page and a figure; it never needs a network or a server."""
