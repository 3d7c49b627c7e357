"""In CI a skipped test is a failure: a green run must mean that everything ran."""

import gc
import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.engine.sharing"]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped:
        reporter.write_line(f"{len(skipped)} tests were skipped, which CI does not allow", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# The SDKs are thousands of classes, all of which stay: to look for garbage among them takes a tenth of a test.
gc.set_threshold(100_000, 50, 50)

# A busy machine is no fault of the code.
settings.register_profile("nodeyard", deadline=None)
settings.load_profile("nodeyard")
