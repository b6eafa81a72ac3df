"""Workspaces: isolated copies of the data, each with a clock, a journal and failpoints."""
