FROM alpine:3.24 AS build
RUN apk add --no-cache gcc make musl-dev
WORKDIR /src
COPY . .
RUN make CFLAGS=-static
FROM scratch
COPY --from=build /src/weather /weather
USER 10001
EXPOSE 8080
ENTRYPOINT ["/weather"]
