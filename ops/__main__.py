"""`python -m ops` is `nodeyard`."""

import sys


def main() -> None:
    try:
        from .app import app
    except ModuleNotFoundError as missing:
        if __package__ and str(missing.name).startswith(__package__):
            raise  # ours
        sys.exit(f"nodeyard: {missing.name} is not installed: pip install 'nodeyard[ops]'")
    app(prog_name="nodeyard")


if __name__ == "__main__":
    main()
