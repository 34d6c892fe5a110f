# marsad as an image: one for all services and commands, run as nobody in particular, with nothing in it that only builds need.
# docker build -t marsad .          any Python from 3.11 on: --build-arg PYTHON_IMAGE=python:3.13-slim-bookworm
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python3 -m venv /tools \
 && /tools/bin/pip install --quiet --require-hashes --no-deps -r requirements/build.txt \
 && python3 -m venv --without-pip /opt/marsad \
 && /tools/bin/pip --python /opt/marsad/bin/python install --quiet --require-hashes --no-deps -r requirements/runtime.txt
COPY pyproject.toml README.md ./
COPY config config
COPY marsad marsad
COPY ingest ingest
COPY processors processors
COPY indexers indexers
RUN /tools/bin/hatchling build --target wheel \
 && /tools/bin/pip --python /opt/marsad/bin/python install --quiet --no-deps dist/*.whl \
 && /opt/marsad/bin/marsad --help > /dev/null

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="marsad" \
      org.opencontainers.image.description="A news monitor for Arabic"
RUN useradd --system --uid 10001 --home-dir /var/lib/marsad --shell /usr/sbin/nologin marsad \
 && install --directory --owner marsad --group marsad --mode 0700 /var/lib/marsad
COPY --from=build /opt/marsad /opt/marsad
ENV PATH=/opt/marsad/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    MARSAD_DATA=/var/lib/marsad
USER marsad
WORKDIR /var/lib/marsad
STOPSIGNAL SIGTERM
ENTRYPOINT ["marsad"]
CMD ["--help"]
