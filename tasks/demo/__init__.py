"""The bundled source server and the sample it serves."""
