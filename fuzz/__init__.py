"""Fuzzing: mutated requests and files against all readers of the emulator, bounds on each case."""
