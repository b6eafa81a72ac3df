"""The Open Commerce API: the protocol, knowing no single resource; those are in resources/."""
