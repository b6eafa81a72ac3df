"""The Meta API and the description that it serves."""
