# quantum_service: docker build -f deploy/docker/quantum_service.Dockerfile .
# To pin by digest: --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:… (docs/deployment.md)
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home quantumchat && install -d -o quantumchat -m 0700 /data /secrets
COPY --from=packages /venv /venv
WORKDIR /srv/quantumchat
COPY deploy/serve.sh deploy/serve.sh
COPY shared shared
COPY quantum_service quantum_service
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 QUANTUM_PORT=8001 DATA_DIR=/data
USER 10001
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['QUANTUM_PORT'] + '/api/health')"]
ENTRYPOINT ["deploy/serve.sh", "quantum_service"]
