"""The control plane below /__emulator__/: for tests and test tools, no part of any API."""
