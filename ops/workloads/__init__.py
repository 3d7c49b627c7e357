"""What runs in a cluster for a stack, whatever the component: its tasks, each with its pods.

A task is found by the chart's labels: `app.kubernetes.io/instance` is the release, `app.kubernetes.io/component` the
task. `cluster.Cluster.look` is all that a command needs to know of them; `commands` has the commands.
"""
