"""Values of secrets that stay as they first were: in the stack's encrypted state, and protected."""

import pulumi
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

PASSWORD_LENGTH = 40
"""Letters and digits: more than 230 bits, and nothing that a URL, a shell, YAML, TOML or Docker's env file could take
for its own."""


def generated_password(name: str, opts: ResourceOptions) -> Output[str]:
    """A password of the stack's own, which something that lasts knows. Makes: `random:index:RandomPassword`,
    protected."""
    return password(name, protected(opts))


def password(name: str, opts: ResourceOptions) -> Output[str]:
    """A password of the stack's own, which may go with what knows it. Makes: `random:index:RandomPassword`."""
    return random.RandomPassword(name, length=PASSWORD_LENGTH, special=False, opts=opts).result


def first_given(name: str, given: Input[str], opts: ResourceOptions) -> Output[str]:
    """The value that was given at first, whatever is given now. Makes: `pulumi:index:Stash`, protected."""
    return pulumi.Stash(name, input=Output.secret(given), opts=protected(opts)).output


def protected(opts: ResourceOptions) -> ResourceOptions:
    """`opts`, of something that no `destroy` takes away."""
    return ResourceOptions.merge(opts, ResourceOptions(protect=True))
