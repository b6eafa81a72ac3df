"""The contract as tests: black box over HTTP, expectations as literals, any server as target.

Nothing here imports the emulator but ``conftest.py``, which starts one where no target is given.
"""
