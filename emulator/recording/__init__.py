"""Recorded exchanges: the journal, conditions on it, and redaction."""
