"""The state of workspaces in Redis, shared by several processes, except the records.

Each class replaces a class with the state in memory. At the beginning of a request, a look at
Redis returns the versions of the workspace; a new version is a reason to fetch the state. A change
is written at once.
"""
