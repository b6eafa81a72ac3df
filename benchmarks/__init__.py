"""What make bench and make bench-peers run: scripts, and no part of the package."""
