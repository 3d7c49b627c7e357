"""`nodeyard status`: how a stack is, whatever its component.

A component's reader (`readers`, under the component's name) says what is known of each of its parts, and of all of them
together, in the words of `facts`. `commands` shows that, and judges it. A component without a reader is told by its
pods alone (`pods`).
"""
