"""What the wiring walk reads out of shell scripts: the files of a mount that a container cannot do without."""

import pytest

from tests.wiring.scripts import files_read

AT = "/run/secrets/app"
SCRIPT = """
SECRETS_DIR=${SECRETS_DIR:-/run/secrets/app}
: "${KEY:=key.json}"
"""


def read(script: str, **env: str) -> set[str]:
    entries = [{"name": name, "value": value} for name, value in env.items()]
    container = {"command": ["sh", "/etc/app/start.sh"], "env": entries}
    return files_read(container, AT, {"/etc/app/start.sh": script, "/etc/app/unused.sh": f"cat {AT}/unused"})


@pytest.mark.parametrize(
    ("line", "files"),
    [
        (f"cat {AT}/token", {"token"}),
        ('for file in token other; do\n  cat "$SECRETS_DIR/$file"\ndone', {"token", "other"}),
        ('for file in $KEY; do\n  cat "$SECRETS_DIR/${file}"\ndone', {"key.json"}),
        ('cat "$SECRETS_DIR/token"', {"token"}),
        ('cat "${SECRETS_DIR}/token.json"', {"token.json"}),
        ('cat "$SECRETS_DIR/$KEY"', {"key.json"}),
        ('cat "$SECRETS_DIR/${KEY}"', {"key.json"}),
        ('check() { # FILE\n  cat "$SECRETS_DIR/$1"\n}\ncheck "$KEY"\ncheck other', {"key.json", "other"}),
        ('[ -f "$SECRETS_DIR/maybe" ] && cat "$SECRETS_DIR/maybe"', set()),
        ("cat /run/secrets/another/token", set()),
    ],
)
def test_a_file_is_found_however_the_script_spells_it(line: str, files: set[str]) -> None:
    assert read(SCRIPT + line) == files


def test_the_environment_wins_over_the_scripts_defaults() -> None:
    assert read(SCRIPT + 'cat "$SECRETS_DIR/$KEY"', KEY="given.json") == {"given.json"}


def test_a_command_without_a_script_is_read_too() -> None:
    assert files_read({"command": ["sh", "-c"], "args": [f"cat {AT}/token"]}, AT, {}) == {"token"}
