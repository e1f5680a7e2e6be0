"""Before any test imports Ray: it reads its environment once."""

from deployments.settings import prepare_ray_environment

prepare_ray_environment()
