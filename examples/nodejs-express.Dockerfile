# syntax=docker/dockerfile:1
# An Express API in TypeScript, installed by npm, on distroless: no shell, no npm.
# Size: 156 MB uncompressed, measured 2026-11-25.
#
#   docker build -f nodejs-express.Dockerfile -t notes nodejs-express
#   docker build -f nodejs-express.Dockerfile --target test nodejs-express
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 3000:3000 notes

FROM node:26-trixie-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json ./

FROM manifests AS deps
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts

FROM manifests AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src/ src/
RUN npm run build

FROM build AS test
COPY test/ test/
RUN npm test

FROM gcr.io/distroless/nodejs26-debian13:nonroot
ENV NODE_ENV=production
COPY --from=deps /app/node_modules /app/node_modules
COPY package.json /app/
COPY --from=build /app/dist /app/dist
# Below the copies: the tag's user would own a folder that WORKDIR makes.
WORKDIR /app
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["/nodejs/bin/node", "dist/healthcheck.js"]
CMD ["dist/server.js"]
