"""Mutations of the protocol, which the contract tests have to find: ``make falsify``."""
