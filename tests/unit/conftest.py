import os

# A formatted Output is a bug that Pulumi lets through as text: make it an error. Before pulumi is imported.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
