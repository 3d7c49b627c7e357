"""The Pulumi program: runs the kind of stack that the selected stack's file describes."""

from stacks import run

run()
