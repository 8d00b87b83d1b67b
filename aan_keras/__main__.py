"""`python -m aan_keras`, the same as `aan-keras`."""

import sys

from aan_keras.cli import main

if __name__ == "__main__":
    sys.exit(main())
