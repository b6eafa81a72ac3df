"""The answers to requests that no API serves: stubs, and a real instance."""
