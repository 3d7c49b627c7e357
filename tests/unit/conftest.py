import logging
import os

# A formatted Output is a bug that Pulumi lets through as text: make it an error. Before pulumi is imported.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"

from pulumi.runtime import resource
from pulumi.runtime.proto.source_pb2 import StackTrace

# A program that fails leaves futures that nobody looks at, and asyncio prints each one's stack when it is collected.
# Pulumi's own exec script turns that off for programs, for the noise. Here it does harm as well: CPython 3.11 parses
# source to print a stack, and where that happens inside another parse, the outer one fails (python/cpython#106905).
logging.getLogger("asyncio").setLevel(logging.CRITICAL)

# The SDK reads the source lines of the whole stack for each resource, for an engine that would show them.
resource._get_stack_trace = StackTrace
