"""The answers to unserved requests: stubs, and a real instance."""
