FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends adduser && rm -rf /var/lib/apt/lists/* \
    && adduser --system --no-create-home --uid 10001 --group report
COPY --chmod=755 report.pl /usr/local/bin/report
USER report
CMD ["report"]
