"""Values that stay as they first were: in the stack's encrypted state, and, where they are secrets, protected."""

import pulumi
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

from .live import live

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


def generated_hexadecimal(name: str, digits: int, opts: ResourceOptions) -> Output[str]:
    """Random hexadecimal digits of the stack's own. Makes: `random:index:RandomPassword`, protected.

    No RandomBytes: that one's id is what it made, in clear (pulumi-random, provider/resources.go).
    """
    made = random.RandomPassword(
        name, length=digits, lower=False, upper=False, override_special="abcdef", opts=protected(opts)
    )
    return made.result


def first_given(name: str, given: Input[str], opts: ResourceOptions) -> Output[str]:
    """The value that was given at first, whatever is given now. Makes: `pulumi:index:Stash`, protected."""
    return pulumi.Stash(name, input=Output.secret(given), opts=protected(opts)).output


def given_once(name: str, given: Input[str], refusal: str, opts: ResourceOptions) -> Output[str]:
    """The same. Another value later is refused in the words of `refusal`. Makes: `pulumi:index:Stash`, protected."""
    first = first_given(name, given, opts)
    return Output.secret(Output.all(first, given).apply(lambda both: _same(str(both[0]), str(both[1]), refusal)))


def _same(first: str, given: str, refusal: str) -> str:
    if given.strip() != first.strip():
        raise pulumi.RunError(f"{refusal}. Give that one again; nothing was changed.")
    return first


def first_told(name: str, told: Input[str], opts: ResourceOptions) -> Output[str]:
    """The same of what is no secret. `opts` say whether it is protected. Makes: `pulumi:index:Stash`."""
    return pulumi.Stash(name, input=told, opts=opts).output


def told_before(name: str) -> str:
    """What `first_told` kept under `name` in an earlier `up`; empty where it kept nothing."""
    return str(live().component("pulumi:index:Stash", name).get("output") or "")


def protected(opts: ResourceOptions) -> ResourceOptions:
    """`opts`, of something that no `destroy` takes away."""
    return ResourceOptions.merge(opts, ResourceOptions(protect=True))
