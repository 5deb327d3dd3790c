"""What cannot be made again, in one file that knows whether it is whole, and a home made of it.

`archive` is the file's format, `contents` says what of a home is in it, `making` writes one beside
nights and forms that go on, `restoring` makes a home of one.
"""
