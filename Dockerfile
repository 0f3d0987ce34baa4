# hubocr's own server on a CPU. Build:  docker build -t hubocr .
# Run:  docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8866:8866 hubocr
# Other models: mount a folder with -v /path/inference:/srv/inference:ro and name them in a
# config.json mounted at /srv/config.json.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY hubocr hubocr
# OpenCV without windows needs no graphics libraries; it has the same folder cv2/, so not both.
RUN python3 -m venv /opt/hubocr \
    && /opt/hubocr/bin/pip install --no-cache-dir -c requirements/lock-py311.txt '.[serve]' \
    && /opt/hubocr/bin/pip uninstall -y opencv-python \
    && sed -n 's/^opencv-python==/opencv-python-headless==/p' requirements/lock-py311.txt > headless.txt \
    && /opt/hubocr/bin/pip install --no-cache-dir --no-deps -r headless.txt
WORKDIR /srv
COPY inference inference
RUN HUBOCR_HOME=/srv /opt/hubocr/bin/hubocr models fetch
# What a server on a CPU never loads: other devices, formats of other frameworks, headers, tests, pip,
# telemetry.
RUN cd /opt/hubocr/lib/python3.11/site-packages \
    && rm -rf openvino/libs/libopenvino_intel_[gn]pu_plugin.so openvino/libs/cache.json \
        openvino/libs/libopenvino_tensorflow* openvino/libs/libopenvino_pytorch* \
        openvino/libs/libopenvino_jax* openvino/libs/libopenvino_gguf* openvino/include \
    && find . -type d -name tests -prune -exec rm -rf {} + \
    && /opt/hubocr/bin/pip uninstall -y openvino-telemetry setuptools pip

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin hubocr
COPY --from=build /opt/hubocr /opt/hubocr
COPY --from=build /srv/inference /srv/inference
COPY deploy/hubserving /srv/deploy/hubserving
COPY config.json /srv/config.json
ENV PATH=/opt/hubocr/bin:$PATH HUBOCR_HOME=/srv XDG_CACHE_HOME=/tmp/cache PYTHONUNBUFFERED=1
WORKDIR /srv
USER 10001
EXPOSE 8866
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8866/v2/health/ready', timeout=4)"]
CMD ["hubocr", "serve", "-c", "config.json", "--host", "0.0.0.0", "--log-format", "json"]
