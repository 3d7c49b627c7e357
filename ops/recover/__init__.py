"""The way back after an `up` or a `destroy` that was killed in the middle."""
