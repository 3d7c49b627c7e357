"""A toy system, added to the house as any other would be: one pod, one secret, one disk, a chart and a kind of stack.

It lives in tests and is made of the pieces that every component is made of. `docs/extending.md` says where each part
of a real one goes; `tests/unit/test_extending.py` proves that nothing that stands has to be edited for it.
"""
