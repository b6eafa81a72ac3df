"""The jobs that import and export site archives."""
