"""Recorded exchanges: the journal, conditions on exchanges, and redaction."""
