# Both services in one container, by the script that people use: docker build -f deploy/docker/all.Dockerfile .
# For trying it out; secrets and database are made at the first start, in /srv/quantumchat/data: keep that as a volume.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home quantumchat && install -d -o quantumchat /srv/quantumchat
WORKDIR /srv/quantumchat
USER 10001
COPY --chown=10001 . .
RUN ./start_services.sh --setup && install -d -m 0700 data
ENV HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD [".venv/bin/python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/api/health/ready')"]
# The script is process 1: it hears TERM, and ends both services in order.
ENTRYPOINT ["./start_services.sh"]
