"""What the flows are made of: plain functions and modules that never import Prefect."""

import os

# Its products are of small matrices: a second thread waits by spinning, at many times the processor
# and no gain in time. It is read when NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
