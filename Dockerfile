# An image that runs an instance in /data: as nobody in particular, with nothing in it that is not needed.
#   docker build --tag feedbraid .
# In an instance it is made of requirements.txt; in feedbraid's own folder of what stands there, with the hashes of its
# lock files.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY . .
RUN python -m venv /opt/feedbraid \
 && if [ -e src/feedbraid/__main__.py ]; then \
        python -m pip install --quiet --require-hashes --requirement requirements-dev.lock \
     && python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels . \
     && /opt/feedbraid/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock \
     && /opt/feedbraid/bin/python -m pip install --quiet --no-deps --no-index wheels/*.whl; \
    else \
        /opt/feedbraid/bin/python -m pip install --quiet --requirement requirements.txt; \
    fi \
 && /opt/feedbraid/bin/python -m pip check \
 && /opt/feedbraid/bin/python -m compileall -q /opt/feedbraid/lib

FROM python:${PYTHON}-slim-trixie
LABEL org.opencontainers.image.title="feedbraid" org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/feedbraid /opt/feedbraid
# A number that no user of the host has by chance. It needs no entry in /etc/passwd; compose.yaml puts yours in its place.
RUN install --directory --owner=10001 --group=10001 /data
USER 10001:10001
ENV HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=10s --start-period=2m --retries=3 \
    CMD ["/opt/feedbraid/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=5)"]
ENTRYPOINT ["/opt/feedbraid/bin/feedbraid"]
CMD ["start", "--host", "0.0.0.0", "--port", "8080", "--log", "json"]
