"""Clients, tokens, settings and permissions of the Data API."""
