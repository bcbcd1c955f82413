# syntax=docker/dockerfile:1
# A Go service, static, on distroless: no shell, no libc, a user without a name.
# Size: 7.3 MB uncompressed, measured 2026-11-25.
#
#   docker build -f go-microservice.Dockerfile -t schedules go-microservice
#   docker build -f go-microservice.Dockerfile --target test go-microservice
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 8080:8080 schedules

# Go compiles for every platform on the builder's own: nothing is emulated.
FROM --platform=$BUILDPLATFORM golang:1.27-trixie AS build
ENV CGO_ENABLED=0
WORKDIR /src
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=bind,source=go.mod,target=go.mod \
    --mount=type=bind,source=go.sum,target=go.sum \
    go mod download
# Below the download, which is the same for all platforms.
ARG TARGETOS
ARG TARGETARCH
# A plain HTTP port never speaks HTTP/2: without it the program is 0.4 MB smaller.
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    --mount=type=bind,target=. \
    GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -tags nethttpomithttp2 -ldflags="-s -w" -o /server ./cmd/server

FROM build AS test
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    --mount=type=bind,target=. \
    go vet ./... && go test ./...

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /server /server
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --start-interval=1s CMD ["/server", "-healthcheck"]
ENTRYPOINT ["/server"]
