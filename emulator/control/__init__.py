"""The control plane below /__emulator__/: for tests and their tools, no part of any API."""
