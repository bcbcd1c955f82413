# syntax=docker/dockerfile:1
# A Node.js service with a package of a private registry, whose token no layer, history or configuration keeps.
# Size: 231 MB uncompressed, measured 2026-11-25.
#
#   NPM_TOKEN=… docker build -f nodejs-private-registry.Dockerfile --secret id=NPM_TOKEN -t greetings nodejs-private-registry
#   NPM_TOKEN=… docker build -f nodejs-private-registry.Dockerfile --secret id=NPM_TOKEN --target test nodejs-private-registry
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 3000:3000 greetings

FROM node:26-trixie-slim AS deps
WORKDIR /app
RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN,required=true \
    --mount=type=cache,target=/root/.npm \
    --mount=type=bind,source=.npmrc,target=.npmrc \
    --mount=type=bind,source=package.json,target=package.json \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    npm ci --omit=dev --ignore-scripts

FROM deps AS test
COPY package.json ./
COPY src/ src/
COPY test/ test/
RUN npm test

FROM node:26-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=deps /app/node_modules node_modules
COPY package.json ./
COPY src/ src/
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["node", "src/healthcheck.js"]
CMD ["node", "src/server.js"]
