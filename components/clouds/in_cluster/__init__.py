"""What is the same inside every cloud's cluster: Kubernetes objects, and how a cluster is reached."""
