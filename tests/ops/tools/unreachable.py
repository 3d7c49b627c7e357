"""kubectl, aws, az or gcloud where nobody answers. kubectl still reads the kubeconfig, for which it asks nobody."""

import sys
from pathlib import Path

name = Path(sys.argv[0]).name
if sys.argv[1:3] == ["config", "view"]:
    sys.exit("error: current-context must exist in order to minify")
sys.exit(f"{name}: nobody answers at 192.0.2.1: connection refused")
