FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    MALLOC_ARENA_MAX=2 \
    BACKLINE_VAR=/data \
    MEDIA_ROOT=/data/files

WORKDIR /app
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

COPY . .
RUN useradd --system --uid 10001 --no-create-home backline \
    && install -d -o backline -g backline /data /data/files /data/run
USER backline
VOLUME /data
EXPOSE 8001

CMD ["granian", "--interface", "asgi", "--host", "0.0.0.0", "--port", "8001", "--workers", "2", "--ws", "--no-access-log", "--backlog", "4096", "--backpressure", "16384", "--respawn-failed-workers", "--respawn-interval", "0.5", "backline.asgi:application"]
