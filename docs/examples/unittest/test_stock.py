"""The same with unittest: one server for a class, the first state for each test."""

import unittest

import requests

from emulator import Emulator


class StockTest(unittest.TestCase):
    """Tests of inventory lists."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.emulator.start()
        cls.addClassCleanup(cls.emulator.stop)
        cls.lists = f"{cls.emulator.url}/s/-/dw/data/v23_2/inventory_lists"

    def setUp(self):
        self.emulator.reset()
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.emulator.token()}"
        self.addCleanup(self.emulator.check)
        self.addCleanup(self.session.close)

    def test_a_list_is_deleted(self):
        self.assertEqual(self.session.delete(f"{self.lists}/inventory_eu").status_code, 204)
        self.assertEqual(self.session.get(f"{self.lists}/inventory_eu").status_code, 404)

    def test_the_next_test_has_it_again(self):
        self.assertEqual(self.session.get(f"{self.lists}/inventory_eu").status_code, 200)

    def test_the_clock_can_be_moved(self):
        self.emulator.workspace.clock.advance(1800)
        self.assertEqual(self.session.get(self.lists).status_code, 401)


if __name__ == "__main__":
    unittest.main()
