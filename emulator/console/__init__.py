"""The console: pages for people below ``/__emulator__/``."""
