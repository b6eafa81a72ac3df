"""The server under test and a client for it."""
