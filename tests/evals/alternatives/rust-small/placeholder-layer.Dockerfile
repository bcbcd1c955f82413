FROM rust:1-alpine AS build
WORKDIR /app
COPY Cargo.toml Cargo.lock ./
COPY crates crates
RUN mkdir src && echo "fn main() {}" > src/main.rs && cargo build --release && rm -rf src
COPY src src
RUN touch src/main.rs && cargo build --release
FROM scratch
COPY --from=build /app/target/release/greeter /greeter
USER 10001
CMD ["/greeter"]
