"""Wrong servers, to try the contract tests: ``make falsify``."""
