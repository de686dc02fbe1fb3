# app_service with the built web client: docker build -f deploy/docker/app_service.Dockerfile .
# To pin by digest: --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:… (docs/deployment.md)
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS client
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
COPY frontend/patches patches
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run patch
COPY frontend/index.html frontend/tsconfig.json frontend/vite.config.ts ./
COPY frontend/public public
COPY frontend/src src
RUN npm run build

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home quantumchat \
  && install -d -o quantumchat -m 0700 /data /secrets /secrets/app /secrets/quantum \
  && install -d -o quantumchat -m 0755 /secrets/database
COPY --from=packages /venv /venv
WORKDIR /srv/quantumchat
COPY deploy/serve.sh deploy/serve.sh
COPY deploy/docker/make_secrets.py deploy/docker/make_secrets.py
COPY shared shared
COPY app_service app_service
COPY --from=client /build/frontend/dist frontend/dist
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/api/health/ready')"]
ENTRYPOINT ["deploy/serve.sh", "app_service"]
