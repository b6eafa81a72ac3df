"""To be run by ``make bench``."""
