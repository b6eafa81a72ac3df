"""Inventory lists and product inventory records."""
