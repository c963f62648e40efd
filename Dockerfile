# The app for a municipal server: see docs/deploy.md. Build from a checkout as it says there.
# Where the same image must be built twice, name the base by digest: --build-arg with the BASE=... of `.ci/digests`.
# Without a registry, `.ci/base` makes one of Debian's own packages.
ARG BASE=python:3.11-slim
FROM ${BASE}

ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/kinderwerk

# Pinned versions with hashes first, and of them only what the app needs: this layer changes only when they do.
COPY requirements.lock pyproject.toml ./
COPY .ci/lock.py .ci/
RUN python .ci/lock.py app > /tmp/app.lock \
    && python -m pip install --require-hashes -r /tmp/app.lock && rm /tmp/app.lock

COPY . .
RUN python -m pip install --no-deps --no-build-isolation -e .

# Nobody in particular runs it, and may write only to the cache of compiled kernels and warmed-up populations.
RUN useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin kinderwerk \
    && mkdir /var/cache/kinderwerk && chown kinderwerk /var/cache/kinderwerk
USER kinderwerk
ENV KINDERWERK_CACHE=/var/cache/kinderwerk KINDERWERK_CACHE_GB=2

# A first visitor should not wait for the compiler.
RUN kinderwerk compare scenarios/almere/geen.yaml scenarios/almere/huidig.yaml --children 10000 --out /tmp/first \
    && rm -r /tmp/first

# What it was built from, for the provenance of every figure; .git is not in the image.
ARG COMMIT=
ENV KINDERWERK_COMMIT=$COMMIT

VOLUME /var/cache/kinderwerk
EXPOSE 8501
# Few arenas: one for each of many threads keeps what others freed (docs/robustness.md).
ENV MALLOC_ARENA_MAX=2
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_HEADLESS=true STREAMLIT_SERVER_FILE_WATCHER_TYPE=none
# It also ends an app that does not answer three times, so that what restarts containers starts another (--init).
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", ".ci/healthy.py"]
CMD ["python", "-m", "streamlit", "run", "app.py"]
