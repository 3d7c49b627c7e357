"""The cloud-neutral vocabulary: what a component may ask of a cloud, and what it gets. One file for each concept.

A component says what it needs with the specs, once. Each folder beside this one (aws, azure, gcp) renders them, and
fulfils the protocol in `cloud.py`. `docs/clouds.md` says where one cloud can do less than another.
"""
