"""The Meta API and the description of the Data API."""
