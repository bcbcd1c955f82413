FROM busybox:1.37 AS folders
RUN mkdir /data && chown 65532:65532 /data
FROM gcr.io/distroless/python3-debian13:nonroot
ENV DATA_DIR=/data
COPY visits.py /app/
COPY --from=folders --chown=65532:65532 /data /data
USER 65532
VOLUME /data
EXPOSE 8000
CMD ["/app/visits.py"]
