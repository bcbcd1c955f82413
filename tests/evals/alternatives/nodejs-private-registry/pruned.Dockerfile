FROM node:24-alpine AS build
WORKDIR /app
COPY package*.json ./
RUN --mount=type=secret,id=NPM_TOKEN \
    printf '@acme:registry=http://npm.example.com/\n//npm.example.com/:_authToken=%s\n' "$(cat /run/secrets/NPM_TOKEN)" > /root/.npmrc \
    && npm ci && npm prune --omit=dev && rm -f /root/.npmrc
COPY src src
FROM node:24-alpine
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build --chown=node:node /app ./
USER node
CMD ["node", "src/server.js"]
