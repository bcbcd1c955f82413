FROM eclipse-temurin:25-jdk-alpine AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.gradle ./gradlew installDist --no-daemon
FROM eclipse-temurin:25-jre-alpine
RUN adduser -D -u 1001 tram
COPY --from=build /app/build/install/tram /app
USER 1001
CMD ["java", "-cp", "/app/lib/*", "com.example.Tram"]
