FROM rust:1-alpine AS chef
RUN cargo install cargo-chef --locked
WORKDIR /app
FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
FROM chef AS build
COPY --from=planner /app/recipe.json .
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked
FROM scratch
COPY --from=build /app/target/release/greeter /greeter
USER 1000
ENTRYPOINT ["/greeter"]
