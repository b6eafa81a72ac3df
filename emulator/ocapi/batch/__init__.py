"""Batch requests."""
