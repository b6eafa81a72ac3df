"""Applies the edits of the environment; Python imports this module when a process starts."""

from falsifier.hook import install_from_environment

install_from_environment()
