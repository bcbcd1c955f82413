# syntax=docker/dockerfile:1
FROM rust:1-alpine AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/src/target cargo build --release --locked && cp target/release/greeter /usr/local/bin/greeter
FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /usr/local/bin/greeter /greeter
USER 65532:65532
ENTRYPOINT ["/greeter"]
