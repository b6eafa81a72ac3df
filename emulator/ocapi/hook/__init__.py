"""Hooks: functions of users before, after and behind the operations of the Data API."""
