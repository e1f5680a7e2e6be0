"""Checks of a cluster file for AWS: boto3, images, roles and the port."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from deployments.doctor.cluster_setup import commands
from photobatch.engine.finding import Finding, ok

_PORT = 8001  # of serve_config.cluster.yaml
_EVERYBODY = {"0.0.0.0/0", "::/0"}
_RAYS_DEFAULT = {"", "latest_dlami"}
_POLICIES = "docs/operations.md has the policies (On AWS)."


def _boto3_here(_config: dict[str, Any]) -> Finding:
    if find_spec("boto3") is not None:
        return ok("boto3 here", "`ray up` finds it")
    found = "`ray up` talks to AWS through boto3, which is not installed"
    return Finding("boto3 here", "wrong", found, ".venv/bin/python -m pip install boto3")


def _boto3_there(config: dict[str, Any]) -> Finding:
    if "boto3" in commands(config, "setup_commands", "head_setup_commands"):
        return ok("boto3", "the head installs it for Ray's autoscaler")
    found = "nothing installs boto3 on the head, where Ray's autoscaler starts the nodes through it"
    advice = "Add `.venv/bin/python -m pip install boto3` to head_setup_commands, unless the head's image has it."
    return Finding("boto3", "wrong", found, advice)


def _images(config: dict[str, Any]) -> Finding:
    without = [name for name, node in _nodes(config).items() if str(node.get("ImageId", "")).lower() in _RAYS_DEFAULT]
    if not without:
        return ok("images", "every node type names one; nodes need Python 3.11 to 3.13, and CUDA 13's driver for a GPU")
    found = (
        f"{', '.join(without)} without an ImageId: Ray takes Ubuntu 18.04, which has no Python 3.11, "
        "too old a C library, and too old a driver for this torch"
    )
    return Finding("images", "wrong", found, "Name one with Ubuntu 22.04 or newer, as our cluster.yaml does.")


def _roles(config: dict[str, Any]) -> Finding:
    head = config["head_node_type"]
    profiles = {name: node.get("IamInstanceProfile") for name, node in _nodes(config).items()}
    workers = {name: profile for name, profile in profiles.items() if name != head}
    if profiles[head] is None and any(workers.values()):
        found = "the head has no IamInstanceProfile, and the one that Ray makes may not give the workers theirs"
        advice = f"Give the head a profile that may start nodes and pass their role on. {_POLICIES}"
        return Finding("roles", "wrong", found, advice)
    if profiles[head] is not None and profiles[head] in workers.values():
        found = "head and workers share an IamInstanceProfile: either the head can start no nodes, or every worker can"
        return Finding("roles", "warning", found, f"Make two. {_POLICIES}")
    poor = [name for name, profile in workers.items() if profile is None]
    if poor:
        found = f"{', '.join(poor)} without an IamInstanceProfile: these nodes do not reach the bucket"
        return Finding("roles", "warning", found, f"Name one that may read and write it. {_POLICIES}")
    if profiles[head] is None:
        return ok("roles", "Ray makes the head's, with all rights to EC2 and S3")
    found = "the head's profile replaces the one that Ray would make: it needs EC2 and iam:PassRole"
    return ok("roles", f"{found}. {_POLICIES.removesuffix('.')}")


def _port(config: dict[str, Any]) -> Finding:
    head = _nodes(config)[config["head_node_type"]]
    if "SecurityGroupIds" in head or "NetworkInterfaces" in head:
        return ok("port", f"the head has security groups of your own: they must let {_PORT} in")
    group = config["provider"].get("security_group") or {}
    open_to = [who for rule in group.get("IpPermissions") or [] if _covers(rule) for who in _who(rule)]
    if not open_to:
        found = f"port {_PORT} is shut: Ray's security group lets ssh in and nothing else"
        return Finding(
            "port", "wrong", found, "Open it in provider.security_group.IpPermissions, or put a balancer there."
        )
    if _EVERYBODY & set(open_to):
        found = f"port {_PORT} is open to everybody, in plain HTTP, which shows API keys on the way"
        return Finding("port", "warning", found, "Open it to your network, or to a load balancer that speaks TLS.")
    return ok("port", f"{_PORT} is open to {', '.join(open_to)}")


def _covers(rule: dict[str, Any]) -> bool:
    if str(rule.get("IpProtocol")) == "-1":
        return True
    return int(rule.get("FromPort", -1)) <= _PORT <= int(rule.get("ToPort", -1))


def _who(rule: dict[str, Any]) -> list[str]:
    """Return the networks, groups and lists that a rule names."""
    names = {
        "IpRanges": "CidrIp",
        "Ipv6Ranges": "CidrIpv6",
        "UserIdGroupPairs": "GroupId",
        "PrefixListIds": "PrefixListId",
    }
    return [str(each.get(key, "?")) for kind, key in names.items() for each in rule.get(kind) or []]


def _nodes(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the EC2 settings of each node type."""
    return {name: kind.get("node_config") or {} for name, kind in config["available_node_types"].items()}


CHECKS: dict[str, Callable[[dict[str, Any]], Finding]] = {
    "boto3 here": _boto3_here,
    "boto3": _boto3_there,
    "images": _images,
    "roles": _roles,
    "port": _port,
}
"""The checks by the names of their findings; for a file that Ray's validator has accepted."""
