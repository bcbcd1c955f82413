FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=linux go build -tags timetzdata -ldflags "-w -s" -o /out/server ./cmd/server

FROM scratch
COPY --from=build /out/server /server
USER 65534
ENTRYPOINT ["/server"]
