# The image of `youju serve`. Build: docker build -t youju .
FROM python:3.11-slim
RUN useradd --create-home --uid 10001 youju && install -d -o youju /data
WORKDIR /app
COPY requirements.txt ./
# Every package by its hash; the embedded language model is not among them: an endpoint answers.
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY rag rag
COPY vectorstore vectorstore
COPY eval eval
COPY prompts prompts
COPY seeds seeds
RUN pip install --no-cache-dir hatchling editables && \
    pip install --no-cache-dir --no-deps --no-build-isolation .
USER youju
ENV YOUJU_HOME=/data YOUJU_HOST=0.0.0.0 YOUJU_PORT=7860
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=10s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/readyz')"]
CMD ["youju", "serve"]
