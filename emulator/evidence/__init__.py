"""The evidence for each operation: descriptions, tests, clients and recordings, side by side."""
