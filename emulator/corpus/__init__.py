"""Recordings of requests and answers: write, redact, replay and grade."""
