"""What a program of your own takes from a stack of Nodeyard: here the RPC of a sequencer, for a service beside it.

`pulumi up` makes one ConfigMap in the sequencer's namespace. Whoever runs it needs the right to read the sequencer's
stack in the state backend, and a deployer's rights in the namespace.
"""

import json

import pulumi
import pulumi_kubernetes as kubernetes

sequencer = pulumi.StackReference(pulumi.Config().require("sequencer"))
endpoints = sequencer.require_output("endpoints")
cluster = kubernetes.Provider("cluster", kubeconfig=sequencer.require_output("kubeconfig").apply(json.dumps))

kubernetes.core.v1.ConfigMap(
    "rpc",
    metadata={"name": "sequencer-rpc", "namespace": sequencer.require_output("namespace")},
    data={"url": endpoints["l2geth"]},
    opts=pulumi.ResourceOptions(provider=cluster),
)
pulumi.export("url", endpoints["l2geth"])
