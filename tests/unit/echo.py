"""Mocks that answer with what they are given, for tests of what a component asks and not of what a cloud says to it."""

from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from tests.unit.examples import ACCOUNT, REGION


class Echo(Mocks):
    """Echoes the inputs and adds what the cloud would compute and our components read. A call is a test's to answer."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        computed = {
            # The last character tells the addresses of a platform's three zones apart.
            "aws:ec2/eip:Eip": {"publicIp": f"192.0.2.{args.name[-1]}", "allocationId": f"eipalloc-{args.name}"},
            "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
            "aws:kms/key:Key": {"keyId": f"{args.name}-key"},
            "gcp:container/nodePool:NodePool": {"instanceGroupUrls": []},
            "pulumi:index:Stash": {"output": args.inputs.get("input")},
        }.get(args.typ, {})
        arn = f"arn:aws:stub:{REGION}:{ACCOUNT}:{args.name}"
        return args.resource_id or f"{args.name}-id", {"arn": arn, "name": args.name, **args.inputs, **computed}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"unexpected call of {args.token}")
