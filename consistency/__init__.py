"""A check of consistency under fire: concurrent clients, faults, and a checker of histories."""
