"""A random walk over the writes of the Data API."""
