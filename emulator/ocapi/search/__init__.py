"""Search documents and the query language."""
