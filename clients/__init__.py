"""Real clients against a served emulator: ``make clients``."""
