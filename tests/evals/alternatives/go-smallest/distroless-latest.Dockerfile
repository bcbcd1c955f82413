FROM golang:1.27 AS build
ENV CGO_ENABLED=0 GOFLAGS=-trimpath
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/ --mount=type=cache,target=/root/.cache go build -ldflags='-s' -o /server ./cmd/server

FROM gcr.io/distroless/static:nonroot
COPY --from=build /server /
CMD ["/server"]
