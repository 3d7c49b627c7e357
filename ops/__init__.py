"""`nodeyard`: the day-2 command line. What operators do with a stack after `pulumi up`; see docs/ops."""
