"""The state of workspaces in Redis, shared by several processes: all but the records.

Each class replaces a class with its state in memory. A request begins with one look at the versions
of its workspace, and fetches the state if a version is new. A change is written at once.
"""
