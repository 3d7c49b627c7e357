"""What Session Manager needs of an instance's role."""

SESSION_MANAGER: dict[str, object] = {
    # The five actions of AWS's own AWSCloud9SSMInstanceProfile. AmazonSSMManagedInstanceCore would also allow
    # ssm:GetParameter on every parameter of the account. None of them takes a resource.
    "Sid": "SessionManager",
    "Effect": "Allow",
    "Action": [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ],
    "Resource": "*",
}
