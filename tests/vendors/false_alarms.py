"""What a judge says and is wrong about, with the reason why. What is here and is no longer said fails a test."""

import re

#: By the judge, a pattern of what it says after the name of the resource.
FALSE_ALARMS = {
    "cloudformation": {
        r".*: W3010 .*": "zones by name: ours are the stack file's, since a disk stays in its zone",
        r".*: W3691 Engine version '\d+' for engine 'postgres' .*": (
            "a major version alone: RDS takes its newest minor, which the provider holds against what is there"
        ),
    },
    "iam": {
        r"elasticloadbalancing:(Delete|Modify)Listener requires listener/gwy, .*": (
            "the load balancer controller is to have no gateway load balancers"
        ),
        r"kms:DescribeKey does not have kms:EncryptionContext:aws:logs:arn": (
            'one statement for all that CloudWatch does with a key, as its user guide has it ("Encrypt log data")'
        ),
    },
    "azure": {
        r"\.hardwareProfile\.vmSize: 'Standard_\w+' is none of .*": "the model's list of sizes ends years ago",
        r"\.schema\.columns\.type: 'datetime' is none of .*": (
            "Microsoft's own templates write it so (Microsoft.OperationalInsights workspaces/tables)"
        ),
    },
}


def false_alarm(judge: str, problem: str) -> bool:
    return any(re.fullmatch(pattern, problem) for pattern in FALSE_ALARMS[judge])
