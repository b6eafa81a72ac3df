"""The state of workspaces in Redis, for processes that share it: all but their records.

Each class stands in for one that keeps its state in memory. What a request needs is fetched when
it begins, by one look that tells whether anything has changed; what it changes is written at once.
"""
