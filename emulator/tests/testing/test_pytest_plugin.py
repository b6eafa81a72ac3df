"""The fixtures for the tests of our users, in runs of pytest of their own."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks.process import reserving_port
from emulator import Emulator
from emulator.fixture.data_set import BUNDLED_FOLDER
from emulator.http import certificate
from emulator.store import MemoryStore

TIMEOUT = 60
# Modules that a run within this process is the first to import are forgotten when it ends, and
# would be there twice then; these are to be there before.
for name in ("emulator.server", "emulator.testing.ocapi", "http.cookiejar", "requests", "trustme"):
    import_module(name)
SILENT = ("-p", "no:randomly", "-p", "no:cacheprovider", "-q")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder for tests, which are run in a process of their own."""
    for name in ("COV_CORE_SOURCE", "COV_CORE_CONFIG", "COV_CORE_DATAFILE", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    # Of this project's other plugins some take seconds to import, in each run anew.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist -p ocapi_emulator")
    return pytester


@pytest.fixture
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator
    emulator.check()


def outcomes(run: pytest.Pytester, source: str, *options: str) -> dict[str, int]:
    run.makepyfile(source)
    return run.runpytest_inprocess(*SILENT, *options).parseoutcomes()


def test_each_test_begins_with_the_first_state(run: pytest.Pytester) -> None:
    source = """
        import pytest
        @pytest.mark.parametrize("time", range(3))
        def test_delete(ocapi, time):
            one = f"{ocapi.data_url}/inventory_lists/inventory_eu"
            assert ocapi.session.get(one).status_code == 200
            assert ocapi.session.delete(one).status_code == 204
            ocapi.advance(100_000)
            ocapi.fail({"status": 418})
            assert len(ocapi.journal()) == 2
        def test_journal(ocapi):
            assert ocapi.journal() == []
    """
    assert outcomes(run, source) == {"passed": 4}


@pytest.fixture
def broken_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every page of inventory lists a crash."""
    sound = MemoryStore.scan

    def scan(self: MemoryStore, collection: str, *bounds: Any, **options: Any) -> Any:
        if collection == "inventory_lists":
            raise ArithmeticError("the disk is on fire")
        return sound(self, collection, *bounds, **options)

    monkeypatch.setattr(MemoryStore, "scan", scan)


def test_a_crash_of_the_server_is_raised_in_the_test(run: pytest.Pytester) -> None:
    run.makepyfile("""
        def test_crash(ocapi):
            class Broken(type(ocapi.emulator.workspace.store)):
                def scan(self, collection, *bounds, **options):
                    if collection == "inventory_lists":
                        raise ArithmeticError("the disk is on fire")
                    return super().scan(collection, *bounds, **options)
            sound, ocapi.emulator.workspace.store = (
                ocapi.emulator.workspace.store,
                Broken(ocapi.emulator.workspace.store.snapshot()),
            )
            ocapi.session.get(f"{ocapi.data_url}/inventory_lists")
            ocapi.emulator.workspace.store = sound
        def test_the_next_is_untouched(ocapi):
            pass
    """)
    result = run.runpytest_inprocess(*SILENT)
    assert result.parseoutcomes() == {"failed": 1, "passed": 1}
    result.stdout.fnmatch_lines(["*ArithmeticError: the disk is on fire*"])


def test_a_5xx_without_a_failpoint_fails_the_test(run: pytest.Pytester) -> None:
    source = """
        import pytest
        def answer_503(ocapi):
            inside = ocapi.emulator.app.wsgi_app
            family = inside.default
            def broken(environ, start_response):
                start_response("503 Broken", [("Content-Length", "0")])
                return []
            object.__setattr__(family, "application", broken)
        @pytest.fixture
        def broken(ocapi):
            family = ocapi.emulator.app.wsgi_app.default
            sound = family.application
            answer_503(ocapi)
            yield ocapi.session.get(ocapi.data_url).status_code
            object.__setattr__(family, "application", sound)
        def test_unexpected(broken):
            assert broken == 503
        @pytest.mark.ocapi(allow_server_errors=True)
        def test_allowed(broken):
            assert broken == 503
        def test_injected(ocapi):
            ocapi.fail({"status": 503})
            assert ocapi.session.get(ocapi.data_url).status_code == 503
    """
    run.makepyfile(source)
    result = run.runpytest_inprocess(*SILENT)
    assert result.parseoutcomes() == {"failed": 1, "passed": 2}
    result.stdout.fnmatch_lines(["*UnexpectedServerError: the server failed:*", "*GET /*: 503*"])


UNSERVED_PATH = """
    import pytest
    def ask(ocapi):
        path = f"{ocapi.url}/s/-/dw/shop/v23_2/categories/root"
        assert ocapi.session.get(path).status_code == 404
    def test_unserved(ocapi):
        ask(ocapi)
    def test_reset_hides_nothing(ocapi):
        ask(ocapi)
        ocapi.reset()
    @pytest.mark.ocapi(allow_unserved=True)
    def test_allowed(ocapi):
        ask(ocapi)
    def test_own_404(ocapi):
        assert ocapi.session.get(f"{ocapi.data_url}/inventory_lists/none").status_code == 404
        assert ocapi.session.get(f"{ocapi.data_url}/vehicles").status_code == 404
"""


@pytest.mark.parametrize("place", ["this process", "another process"])
def test_an_unserved_path_fails_the_test(
    run: pytest.Pytester, server: Emulator, place: str
) -> None:
    run.makepyfile(UNSERVED_PATH)
    options = () if place == "this process" else ("--ocapi-url", server.url)
    result = run.runpytest_inprocess(*SILENT, *options)
    assert result.parseoutcomes() == {"failed": 2, "passed": 2}
    shown = "*not emulated: GET /s/-/dw/shop/v23_2/categories/root*"
    result.stdout.fnmatch_lines(
        ["*UnservedPathError: requests were answered 404 only because the emulator lacks*", shown]
    )


@pytest.mark.parametrize("by", ["flag", "file"])
def test_unserved_paths_can_be_ignored(run: pytest.Pytester, by: str) -> None:
    options: tuple[str, ...] = ("--ocapi-unserved", "ignore")
    if by == "file":
        run.makeini("[pytest]\nocapi_unserved = ignore")
        options = ()
    assert outcomes(run, UNSERVED_PATH, *options) == {"passed": 4}


def test_an_unknown_treatment_of_unserved_paths_is_an_error(run: pytest.Pytester) -> None:
    run.makepyfile(UNSERVED_PATH)
    result = run.runpytest_inprocess(*SILENT, "--ocapi-unserved", "maybe")
    assert result.parseoutcomes() == {"errors": 4}
    result.stdout.fnmatch_lines(["*ocapi_unserved is 'maybe': use fail or ignore*"])


def test_a_failing_test_fails_by_itself(run: pytest.Pytester) -> None:
    run.makepyfile("def test_it(ocapi):\n    assert ocapi.url == 'nowhere'")
    result = run.runpytest_inprocess(*SILENT)
    assert result.parseoutcomes() == {"failed": 1}
    result.stdout.fnmatch_lines(["*AssertionError*"])


def test_the_marker_sets_up_another_server(run: pytest.Pytester) -> None:
    source = """
        import pytest
        def total(ocapi):
            return ocapi.session.get(f"{ocapi.data_url}/inventory_lists").json()["total"]
        @pytest.mark.ocapi(fixtures="samples")
        class TestSamples:
            def test_samples(self, ocapi, ocapi_emulator):
                assert total(ocapi) == 2
                assert ocapi.emulator is not ocapi_emulator
            @pytest.mark.ocapi(dialect="observed")
            def test_both(self, ocapi):
                assert ocapi.emulator.config.dialect == "observed"
                assert ocapi.emulator.config.fixtures == "samples"
            @pytest.mark.ocapi(fixtures="storefront")
            def test_the_closest_wins(self, ocapi, ocapi_emulator):
                assert total(ocapi) == 8
        def test_default(ocapi, ocapi_emulator):
            assert total(ocapi) == 8
            assert ocapi.emulator is ocapi_emulator
    """
    assert outcomes(run, source) == {"passed": 4}


def test_a_marker_with_an_unknown_knob_lists_the_known_knobs(run: pytest.Pytester) -> None:
    run.makepyfile("""
        import pytest
        @pytest.mark.ocapi(colour="red")
        def test_it(ocapi):
            pass
    """)
    result = run.runpytest_inprocess(*SILENT)
    assert result.parseoutcomes() == {"errors": 1}
    result.stdout.fnmatch_lines(["*takes no 'colour', but *dialect, *fixtures,*"])


@pytest.mark.parametrize("by", ["flag", "file"])
def test_options_set_the_server_up(run: pytest.Pytester, by: str) -> None:
    source = """
        def test_it(ocapi):
            config = ocapi.emulator.config
            assert (config.fixtures, config.dialect) == ("samples", "observed")
    """
    if by == "file":
        run.makeini("[pytest]\nocapi_fixtures = samples\nocapi_dialect = observed")
        assert outcomes(run, source) == {"passed": 1}
    else:
        options = ("--ocapi-fixtures", "samples", "--ocapi-dialect", "observed")
        assert outcomes(run, source, *options) == {"passed": 1}


def test_the_configuration_fixture_can_be_overridden(run: pytest.Pytester) -> None:
    source = """
        import pytest
        @pytest.fixture(scope="session")
        def ocapi_config(ocapi_config):
            return {**ocapi_config, "accept_versions": "v17_1"}
        def test_it(ocapi):
            older = ocapi.data_url.replace("v23_2", "v17_1")
            assert ocapi.session.get(f"{older}/inventory_lists").json()["_v"] == "17.1"
    """
    assert outcomes(run, source) == {"passed": 1}


def test_https_is_trusted(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    source = """
        import pytest
        @pytest.mark.ocapi(tls=True)
        def test_it(ocapi):
            assert ocapi.url.startswith("https://")
            assert ocapi.session.get(f"{ocapi.data_url}/inventory_lists").json()["total"] == 8
            ocapi.verify({"method": "GET"}, times=1)
    """
    assert outcomes(run, source) == {"passed": 1}


def test_a_running_server_gives_each_test_a_workspace(
    run: pytest.Pytester, server: Emulator
) -> None:
    source = """
        import pytest
        names = set()
        @pytest.mark.parametrize("time", range(4))
        def test_delete(ocapi, time):
            assert ocapi.workspace not in names
            names.add(ocapi.workspace)
            one = f"{ocapi.data_url}/inventory_lists/inventory_eu"
            assert ocapi.session.delete(one).status_code == 204
            assert ocapi.session.get(one).status_code == 404
            ocapi.verify({"status": 404}, times=1)
            assert ocapi.emulator is None
    """
    options = ("--ocapi-url", server.url, "-n", "2")
    assert outcomes(run, source, *options) == {"passed": 4}
    assert [workspace.name for workspace in server.workspaces] == ["default"]
    assert server.workspace.store.get("inventory_lists", ("inventory_eu",)) is not None


def test_a_running_server_of_another_set_up_is_refused(
    run: pytest.Pytester, server: Emulator
) -> None:
    run.makepyfile("""
        import pytest
        @pytest.mark.ocapi(fixtures="samples")
        def test_other(ocapi):
            pass
        @pytest.mark.ocapi(fixtures="storefront", dialect="documented")
        def test_same(ocapi):
            pass
        def test_emulator(ocapi_emulator):
            pass
    """)
    result = run.runpytest_inprocess(*SILENT, "--ocapi-url", server.url)
    assert result.parseoutcomes() == {"passed": 1, "errors": 2}
    result.stdout.fnmatch_lines(["*fixtures 'samples' is asked for*has 'storefront'*"])
    result.stdout.fnmatch_lines(["*the server is another process at*"])


def test_a_server_without_an_answer_is_named_without_a_traceback(run: pytest.Pytester) -> None:
    run.makepyfile("def test_some(ocapi): pass")
    with reserving_port() as port:
        url = f"http://127.0.0.1:{port}"
        result = run.runpytest_inprocess(*SILENT, "--ocapi-url", url)
    assert result.parseoutcomes() == {"errors": 1}
    result.stdout.fnmatch_lines([f"no answer from {url} (--ocapi-url): *Connection refused*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert len(result.outlines) < 30


@pytest.mark.usefixtures("server", "broken_store")
def test_a_crash_of_a_running_server_fails_the_test(run: pytest.Pytester, server: Emulator) -> None:
    run.makepyfile("""
        def test_sound(ocapi):
            one = f"{ocapi.data_url}/inventory_lists/inventory_eu"
            assert ocapi.session.get(one).status_code == 200
        def test_crash(ocapi):
            ocapi.session.get(f"{ocapi.data_url}/inventory_lists")
    """)
    result = run.runpytest_inprocess(*SILENT, "--ocapi-url", server.url)
    assert result.parseoutcomes() == {"passed": 1, "failed": 1}
    result.stdout.fnmatch_lines(["*ArithmeticError: the disk is on fire*"])


OWN_CLIENTS = """
    def test_own_client(ocapi):
        assert (ocapi.client_id, ocapi.client_secret) == ("buyer", "s3same")
        auth, form = (ocapi.client_id, ocapi.client_secret), {"grant_type": "client_credentials"}
        granted = ocapi.connect().post(ocapi.url + "/dwsso/oauth2/access_token", form, auth=auth)
        assert granted.status_code == 200
        ocapi.control("DELETE", "/journal")
        assert ocapi.session.get(f"{ocapi.data_url}/inventory_lists").json()["total"] == 2
        ocapi.verify({}, times=1)
"""


def make_data_set(folder: Path, *clients: str) -> str:
    """Write the samples with other clients to a folder."""
    shutil.copytree(BUNDLED_FOLDER / "samples", folder)
    entries = [{"client_id": client, "client_secret": "s3same"} for client in clients]
    (folder / "clients.json").write_text(json.dumps({"clients": entries}))
    return str(folder)


def test_a_running_server_may_have_the_data_set_in_another_folder(run: pytest.Pytester) -> None:
    here = make_data_set(run.path / "here", "buyer")
    with Emulator(fixtures=make_data_set(run.path / "there", "buyer")) as server:
        options = ("--ocapi-url", server.url, "--ocapi-fixtures", here)
        assert outcomes(run, OWN_CLIENTS, *options) == {"passed": 1}
    assert outcomes(run, OWN_CLIENTS, "--ocapi-fixtures", here) == {"passed": 1}


@pytest.mark.parametrize("by", ["flag", "variable"])
def test_a_client_of_a_running_server_can_be_chosen(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    options: tuple[str, ...] = ("--ocapi-client-id", "buyer")
    if by == "variable":
        monkeypatch.setenv("OCAPI_EMULATOR_CLIENT_ID", "buyer")
        options = ()
    with Emulator(fixtures=make_data_set(run.path / "there", "admin", "buyer")) as server:
        assert outcomes(run, OWN_CLIENTS, "--ocapi-url", server.url, *options) == {"passed": 1}


def test_a_client_that_a_running_server_does_not_know_is_an_error(
    run: pytest.Pytester, server: Emulator
) -> None:
    run.makepyfile(OWN_CLIENTS)
    options = ("--ocapi-url", server.url, "--ocapi-client-id", "nobody")
    result = run.runpytest_inprocess(*SILENT, *options)
    assert result.parseoutcomes() == {"failed": 1}
    result.stdout.fnmatch_lines(["*RefusedError: *has no client 'nobody'*"])


@pytest.mark.parametrize("place", ["this process", "another process"])
def test_the_session_has_a_valid_token_whatever_the_clock(
    run: pytest.Pytester, server: Emulator, place: str
) -> None:
    source = """
        def test_clock(ocapi):
            url = f"{ocapi.data_url}/inventory_lists"
            kept, token = ocapi.headers, ocapi.token
            assert ocapi.token == token
            moves = (
                lambda: ocapi.advance(1801),
                lambda: ocapi.freeze("2040-01-01T00:00:00Z"),
                lambda: ocapi.control("POST", "/clock/advance", {"seconds": 1801}),
                ocapi.reset,
            )
            for move in moves:
                ocapi.session.get(url)
                move()
                assert ocapi.session.get(url).status_code == 200
                assert ocapi.connect().get(url, headers=ocapi.headers).status_code == 200
            ocapi.advance(1801)
            assert ocapi.connect().get(url, headers=kept).status_code == 401
            assert ocapi.session.get(url, headers={"Authorization": None}).status_code == 400
            ocapi.session.headers["Authorization"] = "Bearer mine"
            assert ocapi.session.get(url).status_code == 401
    """
    options = ("--ocapi-url", server.url) if place == "another process" else ()
    assert outcomes(run, source, *options) == {"passed": 1}


def test_the_session_has_a_valid_token_after_a_move_of_the_emulators_own_clock(
    run: pytest.Pytester,
) -> None:
    source = """
        def test_clock(ocapi):
            url = f"{ocapi.data_url}/inventory_lists"
            assert ocapi.session.get(url).status_code == 200
            ocapi.emulator.workspace.clock.advance(1801)
            assert ocapi.session.get(url).status_code == 200
    """
    assert outcomes(run, source) == {"passed": 1}


def test_the_plugin_imports_no_server() -> None:
    program = (
        "import sys, emulator.testing.plugin;"
        "assert not {'flask', 'requests', 'marshmallow', 'emulator.http'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=TIMEOUT)  # noqa: S603


def test_the_options_are_in_the_help(run: pytest.Pytester) -> None:
    result = run.runpytest_inprocess("--help")
    result.stdout.fnmatch_lines(["*--ocapi-url=URL*", "*--ocapi-fixtures=FIXTURES*"])
    result = run.runpytest_inprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.ocapi(*"])


def crash_of(when: str) -> str:
    return f"""
        import pytest
        def crash(ocapi):
            ocapi.emulator.workspace.crashes.record("GET", "/x", ArithmeticError("{when}"))
    """


def test_a_crash_is_reported_with_an_indirect_fixture(run: pytest.Pytester) -> None:
    source = (
        crash_of("asked")
        + """
        def test_indirect(request):
            crash(request.getfixturevalue("ocapi"))
    """
    )
    run.makepyfile(source)
    result = run.runpytest_inprocess(*SILENT)
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}
    result.stdout.fnmatch_lines(["*ArithmeticError: asked*"])


def test_a_crash_during_tear_down_is_reported(run: pytest.Pytester) -> None:
    source = (
        crash_of("torn down")
        + """
        @pytest.fixture
        def last(ocapi):
            yield
            crash(ocapi)
        def test_it(last):
            pass
    """
    )
    run.makepyfile(source)
    result = run.runpytest_inprocess(*SILENT)
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}
    result.stdout.fnmatch_lines(["*ArithmeticError: torn down*"])


@pytest.mark.usefixtures("server", "broken_store")
def test_a_crash_of_a_running_server_is_reported_in_spite_of_an_empty_journal(
    run: pytest.Pytester, server: Emulator
) -> None:
    run.makepyfile("""
        def test_crash(ocapi):
            ocapi.session.get(f"{ocapi.data_url}/inventory_lists")
            ocapi.control("DELETE", "/journal")
    """)
    result = run.runpytest_inprocess(*SILENT, "--ocapi-url", server.url)
    assert result.parseoutcomes() == {"failed": 1}
    result.stdout.fnmatch_lines(["*ArithmeticError: the disk is on fire*"])


def test_a_fixture_of_the_same_name_is_left_alone(run: pytest.Pytester) -> None:
    source = """
        import pytest
        @pytest.fixture
        def ocapi():
            return "mine"
        def test_it(ocapi):
            assert ocapi == "mine"
    """
    assert outcomes(run, source) == {"passed": 1}


def test_the_control_token_reaches_a_guarded_server(run: pytest.Pytester) -> None:
    source = """
        import pytest
        def test_elsewhere(ocapi):
            ocapi.session.get(f"{ocapi.data_url}/inventory_lists")
            ocapi.verify({"method": "GET"}, times=1)
    """
    with Emulator(control_token="s3cret") as server:
        options = ("--ocapi-url", server.url, "--ocapi-control-token", "s3cret")
        assert outcomes(run, source, *options) == {"passed": 1}
    own = source.replace("def test", '@pytest.mark.ocapi(control_token="s3cret")\n        def test')
    assert outcomes(run, own) == {"passed": 1}


def test_a_control_token_that_no_header_can_carry_is_reported(run: pytest.Pytester) -> None:
    run.makepyfile("def test_it(ocapi): pass")
    options = ("--ocapi-url", "http://127.0.0.1:1", "--ocapi-control-token", "s€cret")
    result = run.runpytest(*options)
    message = "--ocapi-control-token has characters that no header can have"
    assert message in result.stdout.lines
    assert "s€cret" not in str(result.stdout)


def test_a_running_server_of_https_is_verified_with_the_ca_file(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    source = """
        def test_it(ocapi):
            assert ocapi.session.get(f"{ocapi.data_url}/inventory_lists").status_code == 200
    """
    with Emulator(tls=True) as server:
        options = ("--ocapi-url", server.url, "--ocapi-ca-file", str(certificate.authority()))
        assert outcomes(run, source, *options) == {"passed": 1}


def test_fields_of_all_tests_that_a_running_server_does_not_tell_are_not_compared(
    run: pytest.Pytester, server: Emulator
) -> None:
    run.makeconftest("""
        import pytest
        @pytest.fixture(scope="session")
        def ocapi_config():
            return {"fixtures": "storefront", "journal": 7}
    """)
    run.makepyfile("""
        import pytest
        def test_all(ocapi):
            pass
        @pytest.mark.ocapi(journal=7)
        def test_this_one(ocapi):
            pass
    """)
    result = run.runpytest_inprocess(*SILENT, "--ocapi-url", server.url)
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}
    told = (
        f"the server at {server.url} does not tell its journal: run this test without --ocapi-url"
    )
    assert told in result.outlines
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_failed_set_up_leaves_no_workspace(run: pytest.Pytester, server: Emulator) -> None:
    source = """
        import pytest
        @pytest.mark.ocapi(dialect="observed")
        def test_other(ocapi):
            pass
        @pytest.mark.ocapi("samples")
        def test_unnamed(ocapi):
            pass
    """
    assert outcomes(run, source, "--ocapi-url", server.url) == {"errors": 2}
    assert [workspace.name for workspace in server.workspaces] == ["default"]


def test_a_folder_of_fixtures_is_relative_to_the_configuration_file(run: pytest.Pytester) -> None:
    folder = run.mkdir("data")
    for file in (BUNDLED_FOLDER / "samples").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    run.makeini("[pytest]\nocapi_fixtures = data")
    below = run.mkdir("below")
    (below / "test_it.py").write_text(
        "def test_it(ocapi):\n    assert ocapi.emulator.config.fixtures.endswith('data')\n"
    )
    run.chdir()
    result = run.runpytest_inprocess(*SILENT, "--rootdir", str(run.path), str(below))
    assert result.parseoutcomes() == {"passed": 1}


def test_a_failed_assertion_points_at_the_line_of_the_test(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        def test_verify(ocapi):
            ocapi.verify({"method": "PATCH"})
        def test_fail(ocapi):
            ocapi.fail("SiteOfline")
        """
    )
    shown = run.runpytest_inprocess(*SILENT).stdout
    shown.fnmatch_lines(
        [
            '>       ocapi.verify({"method": "PATCH"})',
            "E       emulator.testing.ocapi.RefusedError: 0 of 0 exchanges match; *",
            "E         expected: method 'PATCH'",
            '>       ocapi.fail("SiteOfline")',
            "E         /action/fault: There is no fault 'SiteOfline': did you mean SiteOffline?",
        ]
    )
    shown.no_fnmatch_line("*def verify*")
    shown.no_fnmatch_line("*def _read_answer*")


@pytest.mark.parametrize(
    ("option", "fixture", "reason"),
    [
        (
            "--ocapi-fixtures=nowhere",
            "ocapi",
            "nowhere: is neither a folder nor a bundled data set (samples, storefront)",
        ),
        (
            "--ocapi-fixtures=nowhere",
            "ocapi_emulator",
            "nowhere: is neither a folder nor a bundled data set (samples, storefront)",
        ),
        (
            "--ocapi-dialect=klingon",
            "ocapi",
            "dialect 'klingon' is neither documented nor observed",
        ),
    ],
)
def test_a_wrong_set_up_is_an_error_in_one_line(
    run: pytest.Pytester, option: str, fixture: str, reason: str
) -> None:
    run.makepyfile(f"def test_it({fixture}): pass")
    result = run.runpytest_inprocess(*SILENT, option)
    result.assert_outcomes(errors=1)
    shown = [line for line in result.outlines if reason in line]
    assert shown[0] == f"the server of the fixture ocapi can't start: {reason}"
    assert len(result.outlines) < 10


def shown_error(run: pytest.Pytester, *options: str) -> str:
    """Run a test file; return the only line about the error of its test."""
    result = run.runpytest_inprocess(*SILENT, "-r", "N", *options)
    result.assert_outcomes(errors=1)
    lines = [line for line in result.outlines if line and not line.startswith(("E ", "=", "__"))]
    assert len(lines) == 2, lines  # the message, and the number of errors
    return lines[0]


@pytest.mark.parametrize("fixture", ["ocapi", "ocapi_emulator"])
@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"fixture": "samples"}, "takes no 'fixture': did you mean fixtures?"),
        ({"tls_crt": ""}, "takes no 'tls_crt': did you mean tls_cert or tls?"),
        ({1: 2, "port": 0}, "takes no '1', but accept_versions, control_token, dialect, "),
        (None, "returns a value of the type NoneType: return a dict with fields of emulator."),
        (["fixtures"], "returns a value of the type list: return a dict with fields of emulator."),
        ({"port": "80"}, "port '80' is a text: a number is needed"),
        ({"fixtures": None}, "fixtures is of the type NoneType: a text is needed"),
        ({"resources": [{}]}, "resources: {} is not a Resource"),
        ({"hooks": {"x": [[]]}}, "hooks: x: [] is neither a function nor an http URL"),
        ({"failpoints": "no.json"}, "no.json: is not a JSON file: "),
        ({"stubs": "nowhere"}, "nowhere: is not a folder"),
        ({"settings": "no.json"}, "no.json: is not a JSON file: "),
        ({"tls_cert": "no.pem", "tls_key": "no.pem"}, "cannot read no.pem: No such file"),
        ({"store": "redis://127.0.0.1:1/0"}, "Redis cannot be used: "),
    ],
)
def test_a_wrong_configuration_of_all_tests_is_an_error_in_one_line(
    run: pytest.Pytester, fixture: str, returned: Any, message: str
) -> None:
    run.makeconftest(f"""
        import pytest
        @pytest.fixture(scope="session")
        def ocapi_config():
            return {returned!r}
    """)
    run.makepyfile(f"def test_it({fixture}): pass")
    begins = ("the fixture ocapi_config ", "the server of the fixture ocapi can't start: ")
    assert shown_error(run).startswith(tuple(begin + message for begin in begins))


def test_an_address_in_use_is_an_error_in_one_line(run: pytest.Pytester) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        source = f"""
            import pytest
            @pytest.mark.ocapi(port={port})
            def test_it(ocapi):
                pass
        """
        run.makepyfile(source)
        message = f"the server of the fixture ocapi can't start: host 127.0.0.1, port {port}: "
        assert shown_error(run).startswith(message)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('fixture="samples"', "the marker ocapi takes no 'fixture': did you mean fixtures?"),
        (
            "allow_unservd=True",
            "the marker ocapi takes no 'allow_unservd': did you mean allow_unse",
        ),
        ('"samples"', "the marker ocapi takes names, such as fixtures='samples'"),
        ('port="x"', "the server of the fixture ocapi can't start: port 'x' is a text: a number"),
        ("allow_unserved=1", "the marker ocapi needs True or False for allow_unserved, not 1"),
        (
            'allow_server_errors="no"',
            "the marker ocapi needs True or False for allow_server_errors, not 'no'",
        ),
    ],
)
def test_a_wrong_marker_is_an_error_in_one_line(
    run: pytest.Pytester, given: str, message: str
) -> None:
    run.makepyfile(f"""
        import pytest
        @pytest.mark.ocapi({given})
        def test_it(ocapi):
            pass
    """)
    assert shown_error(run).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ocapi-unserved=x"], "ocapi_unserved is 'x': use fail or ignore"),
        (["--ocapi-url=localhost"], "--ocapi-url 'localhost' is not an http or https URL"),
        (["--ocapi-url=http://[x"], "--ocapi-url 'http://[x' is not an http or https URL"),
        (
            ["--ocapi-url=https://127.0.0.1:1", "--ocapi-ca-file=no.pem"],
            "--ocapi-ca-file 'no.pem' is not a file",
        ),
        (
            ["--ocapi-url=https://127.0.0.1:1", "--ocapi-ca-file=test_it.py"],
            "no answer from https://127.0.0.1:1 (--ocapi-url): ",
        ),
    ],
)
def test_a_wrong_option_is_an_error_in_one_line(
    run: pytest.Pytester, options: list[str], message: str
) -> None:
    run.makepyfile(test_it="def test_it(ocapi): pass")
    assert shown_error(run, *options).startswith(message)


def test_a_list_in_place_of_a_text_is_an_error_in_one_line(run: pytest.Pytester) -> None:
    run.makepyprojecttoml('[tool.pytest]\nocapi_fixtures = ["samples"]')
    run.makepyfile("def test_it(ocapi): pass")
    assert "'ocapi_fixtures' expects a string, got list: ['samples']" in shown_error(run)


def test_a_url_of_another_server_is_an_error_in_one_line(
    run: pytest.Pytester, server: Emulator
) -> None:
    run.makepyfile("def test_it(ocapi): pass")
    url = f"{server.url}/s/-/dw"
    message = f"{url} (--ocapi-url) does not answer like the emulator"
    assert shown_error(run, "--ocapi-url", url) == message


def test_a_wrong_control_token_is_an_error_in_one_line(run: pytest.Pytester) -> None:
    run.makepyfile("def test_it(ocapi): pass")
    with Emulator(control_token="s3cret") as server:
        options = ("--ocapi-url", server.url, "--ocapi-control-token", "other")
        assert shown_error(run, *options).startswith(f"PUT {server.url}/__emulator__/workspaces/")


def test_a_data_set_with_many_problems_shows_the_first_ten(run: pytest.Pytester) -> None:
    folder = run.mkdir("data")
    (folder / "sites.json").write_text(json.dumps([{"wrong": number} for number in range(30)]))
    run.makepyfile("def test_it(ocapi): pass")
    # Without the short summary: in CI, pytest repeats the whole message there.
    result = run.runpytest_inprocess(*SILENT, "-r", "N", f"--ocapi-fixtures={folder}")
    result.assert_outcomes(errors=1)
    lines = [line for line in result.outlines if "sites.json" in line]
    assert len(lines) == 10
    assert [line for line in result.outlines if line.endswith(" more")] == ["and 21 more"]
