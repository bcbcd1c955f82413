FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY pom.xml .
RUN mvn -B dependency:go-offline
COPY src src
RUN mvn -B package
FROM gcr.io/distroless/java25-debian13:nonroot
COPY --from=build /src/target/ferry.jar /ferry.jar
CMD ["/ferry.jar"]
