# hubocr's own server on a CPU. Build:  docker build -t hubocr .
# Run:  docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8866:8866 hubocr
# Other models: mount a folder with -v /path/inference:/srv/inference:ro and name them in a
# config.json mounted at /srv/config.json.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY hubocr hubocr
RUN python -m venv /opt/hubocr \
    && /opt/hubocr/bin/pip install --no-cache-dir -c requirements/lock-py311.txt '.[serve]'
WORKDIR /srv
COPY inference inference
RUN HUBOCR_HOME=/srv /opt/hubocr/bin/hubocr models fetch

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
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
