# syntax=docker/dockerfile:1
# A Spring Boot service by Maven, on a Java runtime of only the modules that it needs.
# Size: 110 MB uncompressed, measured 2026-11-25.
#
#   docker build -f java-spring.Dockerfile -t due java-spring
#   docker build -f java-spring.Dockerfile --target test java-spring
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --memory 512m -p 8080:8080 due

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY pom.xml ./
RUN --mount=type=cache,target=/root/.m2/repository \
    mvn --batch-mode --no-transfer-progress dependency:go-offline
COPY src/main/ src/main/
RUN --mount=type=cache,target=/root/.m2/repository \
    mvn --batch-mode --no-transfer-progress -DskipTests package \
    && java -Djarmode=tools -jar target/app.jar extract --layers --destination /layers

FROM build AS test
COPY src/test/ src/test/
RUN --mount=type=cache,target=/root/.m2/repository \
    mvn --batch-mode --no-transfer-progress verify

FROM build AS modules
RUN jdeps --ignore-missing-deps --multi-release 25 --recursive --print-module-deps \
        --class-path '/layers/dependencies/lib/*' /layers/application/app.jar > /modules

# A stage of its own: as long as the list stays the same, so does the runtime.
FROM maven:3.9-eclipse-temurin-25 AS runtime
COPY --from=modules /modules /modules
RUN jlink --add-modules "$(cat /modules)" --strip-debug --no-header-files --no-man-pages --compress zip-6 --output /jre

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=runtime /jre /jre
# By how seldom they change: a new class of ours is a new last layer, and some kilobytes to pull.
COPY --from=build /layers/dependencies/ /app/
COPY --from=build /layers/spring-boot-loader/ /app/
COPY --from=build /layers/snapshot-dependencies/ /app/
COPY --from=build /layers/application/ /app/
# Below the copies: they make the folder as root, WORKDIR would make it as the base's user, who could change what is in it.
WORKDIR /app
USER 65532:65532
EXPOSE 8080
# No HEALTHCHECK: it would start a second JVM each time. Orchestrators ask /health themselves.
ENTRYPOINT ["/jre/bin/java", "-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError", "-jar", "app.jar"]
