"""What the flows are made of: plain functions and modules that never import Prefect."""
