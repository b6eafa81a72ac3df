"""The Inventory Service API 2024-07-17: inventories and items, plain REST with JSON."""
