# syntax=docker/dockerfile:1
FROM node:26-slim AS build
WORKDIR /app
COPY package*.json .npmrc ./
RUN --mount=type=secret,id=npm_token,required=true \
    NPM_TOKEN="$(cat /run/secrets/npm_token)" npm ci --omit=dev && npm cache clean --force

FROM gcr.io/distroless/nodejs26-debian13:nonroot
COPY --from=build /app/node_modules /app/node_modules
COPY src /app/src
COPY package.json /app/
WORKDIR /app
CMD ["src/server.js"]
