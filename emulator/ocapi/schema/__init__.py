"""Documents, properties, and the table of faults."""
