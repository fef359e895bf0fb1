# The platform's image: one for migration, ingest workers and web. Pinned tags; nothing runs as root.

FROM node:20-bookworm-slim AS pages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev
COPY ops/vendor.sh ops/vendor.sh
RUN bash ops/vendor.sh

FROM python:3.11-slim-bookworm AS platform
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /platform
# Documents are written as PDF with the fonts of this package embedded.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt ./
RUN pip install --no-deps --require-hashes --only-binary :all: --requirement requirements.txt
COPY geo geo
COPY telemetry telemetry
COPY enforcement enforcement
COPY server server
COPY migrations migrations
COPY --from=pages /build/server/static/vendor server/static/vendor
# Translations are compiled here; volumes begin as these directories, owned by the platform's account.
RUN if [ -d server/translations ]; then python -m babel.messages.frontend compile --directory server/translations; fi \
    && python -m compileall -q geo telemetry enforcement server \
    && useradd --system --uid 10001 --no-create-home platform \
    && install -d -o platform -g platform /slots /broker/devices /mosquitto/config/generated \
       /evidence /evidence/spool
USER platform
CMD ["python", "-m", "server.cli", "web"]
