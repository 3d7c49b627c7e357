"""AWS: EC2, EKS, EBS, S3, Secrets Manager and IAM.

The package fulfils `contract.cloud.Cloud`: `__init__.pyi` says from which module each name comes. A module, and with
it its part of the SDK, is imported when its name is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
