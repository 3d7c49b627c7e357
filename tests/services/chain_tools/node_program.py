"""A node that changes its files for as long as it runs, and has them in order only when it was stopped: DIRECTORY
STOP_FILE HEAD."""

import sys
import time
from pathlib import Path

from tests.services.chain_tools.world import Told, rpc

if __name__ == "__main__":
    directory, stop_file, head = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    database = directory / "rocksdb"
    database.mkdir(parents=True)
    with rpc(Told(head)) as told:
        sys.stdout.write(f"{told.url}\n")
        sys.stdout.flush()
        while not stop_file.exists():
            (database / "000001.sst").write_bytes(b"half of a table")
            time.sleep(0.02)
    time.sleep(0.3)
    (database / "000001.sst").write_bytes(b"all of a table")
    stop_file.with_name("stopped").touch()
