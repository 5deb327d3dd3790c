"""The bundled source server: the publishers' protocols over `data/sample`, and how to misbehave.

It ships with the product so that a night can run where no publisher can be reached, and so that
tests meet real HTTP. It knows the protocols from the publishers' side and shares no code with the
clients in `tasks/sources`.
"""
