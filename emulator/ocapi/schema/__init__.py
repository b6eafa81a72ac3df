"""Documents, their properties, and the table of faults."""
