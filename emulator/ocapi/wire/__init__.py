"""The protocol: URLs, formats, envelopes, selectors, pages and resource states."""
