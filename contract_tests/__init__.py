"""The contract as tests: black box over HTTP, expectations as literals, any server as target.

Nothing here imports the emulator but ``conftest.py``, which starts one where no target is given.
"""

import pytest

# What these assert is then told with the values compared, as in the tests themselves.
pytest.register_assert_rewrite("contract_tests.api", "contract_tests.service")
