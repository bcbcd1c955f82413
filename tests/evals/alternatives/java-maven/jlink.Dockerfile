FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 mvn -q package && jlink --add-modules java.base,jdk.httpserver --strip-debug --output /jre
FROM debian:trixie-slim
COPY --from=build /jre /opt/java
COPY --from=build /src/target/ferry.jar /app/
USER 10000
ENTRYPOINT ["/opt/java/bin/java", "-jar", "/app/ferry.jar"]
