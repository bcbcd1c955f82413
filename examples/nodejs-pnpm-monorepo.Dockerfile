# syntax=docker/dockerfile:1
# One application of a pnpm workspace, with the package of the workspace that it depends on.
# Size: 164 MB uncompressed, measured 2026-11-25.
#
#   docker build -f nodejs-pnpm-monorepo.Dockerfile -t rates nodejs-pnpm-monorepo
#   docker build -f nodejs-pnpm-monorepo.Dockerfile --target test nodejs-pnpm-monorepo
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 3000:3000 rates

FROM node:26-trixie-slim AS manifests
RUN --mount=type=cache,target=/root/.npm npm install --global pnpm@12.21.0
WORKDIR /repo
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/api/package.json packages/api/
COPY packages/rates/package.json packages/rates/

# What the API needs at run time, the packages of the workspace still without code: no change of code reaches this layer.
# The files that go hold the time of the install: each deploy would make another layer.
FROM manifests AS deps
RUN --mount=type=cache,id=pnpm,target=/pnpm/store \
    pnpm --store-dir /pnpm/store --filter api --prod deploy /prod \
    && rm /prod/node_modules/.modules.yaml /prod/node_modules/.pnpm-workspace-state*.json

FROM manifests AS build
RUN --mount=type=cache,id=pnpm,target=/pnpm/store \
    pnpm --store-dir /pnpm/store install --frozen-lockfile
COPY tsconfig.base.json ./
COPY --exclude=**/test packages/ packages/
RUN pnpm --filter api... run build

FROM build AS test
COPY packages/ packages/
RUN pnpm --recursive run test

FROM gcr.io/distroless/nodejs26-debian13:nonroot
ENV NODE_ENV=production
COPY --from=deps /prod/node_modules /app/node_modules
COPY packages/api/package.json /app/
# node_modules/@example/rates is a link into node_modules/.pnpm, which COPY follows.
COPY --from=build /repo/packages/rates/dist /app/node_modules/@example/rates/dist
COPY --from=build /repo/packages/api/dist /app/dist
# Below the copies: the tag's user would own a folder that WORKDIR makes.
WORKDIR /app
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["/nodejs/bin/node", "dist/healthcheck.js"]
CMD ["dist/server.js"]
