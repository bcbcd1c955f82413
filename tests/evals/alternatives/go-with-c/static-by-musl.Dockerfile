FROM golang:1.27-alpine AS build
RUN apk add --no-cache gcc musl-dev
WORKDIR /src
COPY . .
RUN CGO_ENABLED=1 go build -ldflags='-s -w -linkmode external -extldflags "-static"' -o /checksum .
FROM gcr.io/distroless/static-debian13
COPY --from=build /checksum /
USER nonroot:nonroot
ENTRYPOINT ["/checksum"]
