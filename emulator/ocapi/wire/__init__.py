"""The parts of the protocol: URLs, formats, envelopes, selectors, pages, states."""
