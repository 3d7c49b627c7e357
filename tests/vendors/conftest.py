from collections.abc import Callable
from functools import cache

import pytest

from tests.engine.worlds import Worlds
from tests.vendors.stacks import Stacks


@pytest.fixture(scope="session")
def stacks_of(warm: None, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stacks]:
    """The stacks of a cloud."""
    return cache(lambda cloud: Stacks(cloud, worlds, tmp_path_factory.mktemp(f"vendors-{cloud}")))
