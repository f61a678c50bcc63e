# One image for every process of every service: docker run rapport referral_api api
FROM python:3.13-slim AS build
COPY requirements.lock .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.13-slim
# Volumes take their first content and owner from here; everything else is read-only.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin rapport \
 && install -d -o rapport -g rapport /var/lib/rapport/imports
COPY --from=build /opt/venv /opt/venv
COPY shared /opt/rapport/shared
COPY services /opt/rapport/services
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/rapport:/opt/rapport/services/referral-api:/opt/rapport/services/climate-survey-api:/opt/rapport/services/training-registry:/opt/rapport/services/reporting \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    IMPORT_DIR=/var/lib/rapport/imports
# Compiled here, since a process on a read-only file system would compile anew at each start.
RUN python -m compileall -q /opt/rapport
WORKDIR /opt/rapport
USER rapport
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["python", "-I", "-S", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["python", "-m"]
CMD ["referral_api", "serve"]
