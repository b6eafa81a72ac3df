"""Scripts of ``make bench``, ``make bench-peers`` and ``make soak``; not a part of the package."""
