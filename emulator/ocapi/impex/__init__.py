"""The jobs for the import and export of site archives."""
